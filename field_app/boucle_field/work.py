"""The work of this phone: what an action with its answers comes to, as a draft of the outbox."""

from collections.abc import Mapping

from boucle.actions import Action, Amount, Context, Question, act
from boucle.fields import Fault
from boucle_field.outbox import Draft


def draft(
    action: Action, subject: str | Amount, answers: Mapping[str, object], *, context: Context
) -> Draft | Question | Fault:
    """Give what an action with these answers records of a code or an amount; a question or a fault otherwise."""
    made = act(action, subject, answers, context=context)
    if isinstance(made, Question | Fault):
        return made
    return Draft(
        kind=made.kind,
        code=made.code,
        item_type=made.item_type,
        qty=made.qty,
        other=made.other,
        task=made.task,
        place=made.place,
        against=made.against,
        body=made.body,
        private={"note": made.note} if made.note else {},
    )
