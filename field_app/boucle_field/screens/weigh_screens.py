"""W6, weighing: what arrives, or leaves for good; then step by step to one mass after the other."""

from functools import partial
from typing import Final

from boucle.roles import may_record
from boucle_field import weighed
from boucle_field.phone import Phone
from boucle_field.screens.cards import Card
from boucle_field.screens.mass_screens import MassStep
from boucle_field.screens.screen import Screen
from boucle_field.screens.weigh_steps import (
    GiverStep,
    ModeStep,
    OutletStep,
    SubjectStep,
    TreatmentStep,
    WeighStep,
)
from boucle_field.weighed import Ask, Job, Weighing


class WeighScreen(Screen):
    """What is weighed."""

    def build(self) -> None:
        """Lay the screen out."""
        held = self.face.at.desk.capabilities
        offered = [Job.ARRIVAL] if may_record(held, "item.received") else []
        offered += [Job.TREATMENT] if may_record(held, "item.treated") or may_record(held, "item.retired") else []
        self.fill(
            self.title("screen.job.weigh"),
            *(
                Card(
                    self.look,
                    self.say(f"screen.weigh.{job}"),
                    (self.say(f"screen.weigh.{job}_how"),),
                    act=partial(self.face.weigh, Weighing(job=job)),
                )
                for job in offered
            ),
            bottom=(self.other("screen.back", self.face.open_warehouse),),
        )


_STEPS: Final[dict[Ask, type[WeighStep]]] = {
    Ask.SUBJECT: SubjectStep,
    Ask.GIVER: GiverStep,
    Ask.TREATMENT: TreatmentStep,
    Ask.MODE: ModeStep,
    Ask.OUTLET: OutletStep,
    Ask.MASS: MassStep,
}


def step_of(phone: Phone, weighing: Weighing) -> type[WeighStep]:
    """Give the screen of the step that is to be answered next."""
    return _STEPS[weighed.asked(phone, weighing)]
