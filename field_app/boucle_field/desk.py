"""The desk: where a scan becomes a kept event, and the person who scanned is told what it means.

First the durable record, then the telling. A physical scan is never refused: it happened. A decision that would
have no effect is refused beforehand, with the reason, and nothing is recorded.
"""

from dataclasses import replace

from boucle.actions import Context
from boucle.events import Event
from boucle.fold import Mark
from boucle.photo_guards import photos_asked
from boucle.roles import Capability, capabilities_of, may_record
from boucle.telling import Outcome, Told, has_no_effect, is_decided, outcome_of, reasons_of
from boucle_field import people, stop_events, timekeeper, undoing
from boucle_field.errors import LoginError, RefusedError
from boucle_field.identity import Identity
from boucle_field.mirror import Mirror
from boucle_field.outbox import Draft, Outbox
from boucle_field.store import Store


class Desk:
    """Where one enrolled device records."""

    def __init__(self, store: Store, identity: Identity, *, outbox: Outbox, mirror: Mirror) -> None:
        self.store = store
        self.identity = identity
        self.outbox = outbox
        self.mirror = mirror

    def context(self, *, place: str = "", task: str = "") -> Context:
        """Give what is known before a scan."""
        who = people.present(self.store)
        return Context(
            book=self.mirror.book(),
            now_ms=self.now_ms(),
            place=place,
            task=task,
            site=self.identity.site or (who.site if who else ""),
            own_sites=tuple(self.mirror.own_sites()),
        )

    def now_ms(self) -> int:
        """Give the server's time as far as this device knows it."""
        return timekeeper.server_ms(self.outbox.ticks.reading(), timekeeper.samples(self.store))

    def record(self, draft: Draft) -> Told:
        """Record what happened and tell what it means; when this returns an event id, the event is durable.

        LoginError when somebody must log in first, UsageError and `StoreError` as `Outbox.record`.
        """
        who = people.present(self.store)
        actor = who.person if who else ""
        beside = self._beside_role(draft.kind, who)
        if is_decided(draft.kind):
            mark = self.foresee(draft)
            # A decision that is said again stands in the place of the first, not behind it.
            if beside or (has_no_effect(mark) and not draft.corrects):
                return Told(Outcome.REFUSED, "", reasons_of(mark, beside=beside))
        recorded = self.outbox.record(draft, actor=actor, seen=self.mirror.cursor)
        event = replace(recorded.event, teff=self.now_ms())
        mark = self.mirror.predict(event)
        since = self.mirror.last_scan(event.subject, event.kind, before=recorded.n) if event.code else None
        return Told(outcome_of(mark, beside=beside), event.id, reasons_of(mark, beside=beside), since)

    def asks_photo(self, draft: Draft) -> bool:
        """Tell whether the place of a draft asks for a photo of it. What happened is recorded without one too."""
        return self.photos_asked(draft) > 0

    def photos_asked(self, draft: Draft) -> int:
        """Give how many photos of a draft its place asks for."""
        return photos_asked(draft.kind, draft.body, self.mirror.book().site(draft.place, self.now_ms()))

    def foresee(self, draft: Draft) -> Mark:
        """Give what would become of a draft if it were recorded now; nothing is."""
        who = people.present(self.store)
        trial = self.outbox.preview(draft, actor=who.person if who else "")
        return self.mirror.predict(replace(trial, teff=self.now_ms()))

    def undo(self, event_id: str = "") -> tuple[Event, Told]:
        """Void the last event of this device that stands, or the one named; RefusedError as `undoing.standing`.

        What was validated with its stop is refused as well: from then on it is corrected, with a reason.
        It works without a network, whether the event was sent or not: the void is an event of its own. With an event
        that only added a photo goes what it was added to.
        """
        target = undoing.standing(self.store, event_id)
        if target.id in undoing.closed_events(self.store, target.task):
            raise RefusedError("phone.undo_validated")
        voids = [
            self.record(
                Draft(kind=stop_events.VOID, code=each.code, item_type=each.item_type, body={"target": each.id})
            )
            for each in (target, *undoing.said_before(self.store, target, photos_only=True))
        ]
        return target, voids[0]

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this device and who works on it may do together."""
        return self._capabilities(people.present(self.store))

    @property
    def role_capabilities(self) -> frozenset[Capability]:
        """What who works here does by role: the person, where nobody is the device. It says what is opened first."""
        who = people.present(self.store)
        return (who.capabilities if who else frozenset()) or capabilities_of(self.identity.role)

    def _capabilities(self, who: people.Operator | None) -> frozenset[Capability]:
        return capabilities_of(self.identity.role) | (who.capabilities if who else frozenset())

    def _beside_role(self, kind: str, who: people.Operator | None) -> bool:
        """Tell whether neither the device's role nor the person's has this work; LoginError when nobody is there."""
        if may_record(self._capabilities(who), kind):
            return False
        if who is None and people.operators(self.store):
            raise LoginError("phone.login_first")
        return True
