"""Reasons: the words the fold, the door and the phone use to say why an event had the effect it had.

Each has a message in both languages under `reason.<value>` and a line in docs/lifecycle.md.
"""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one event in its item's history."""

    APPLIED = "applied"
    REPEAT = "repeat"
    """The same thing said again: kept, counted once."""
    REFUSED = "refused"
    """A decision whose guard fails: kept, without effect."""
    IGNORED = "ignored"
    """A scan that may not count: kept, shown red, without effect."""
    NOTED = "noted"
    """A notice: kept, without effect by nature."""


class Reason(StrEnum):
    """Why."""

    INFERRED_SHIPPED = "inferred_shipped"
    INFERRED_DELIVERED = "inferred_delivered"
    INFERRED_TRANSFERRED = "inferred_transferred"
    INFERRED_COLLECTED = "inferred_collected"
    INFERRED_RETURNED = "inferred_returned"
    INFERRED_RETIRED = "inferred_retired"
    FOUND_AGAIN = "found_again"
    BEFORE_COMMISSION = "before_commission"
    UNMATCHED_RETURN = "unmatched_return"
    MOVED_UNSEEN = "moved_unseen"
    SAME_AGAIN = "same_again"

    REROUTED = "rerouted"
    OTHER_PARTNER = "other_partner"
    SHIPPED_ON_HOLD = "shipped_on_hold"
    SHIPPED_UNRELEASED = "shipped_unreleased"
    COLLECTED_AT_HOME = "collected_at_home"
    RETIRED_SCAN = "retired_scan"
    REVOKED_LABEL = "revoked_label"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_TYPE = "unknown_type"
    ALREADY_BOUND = "already_bound"
    CORRECTION_SUPERSEDED = "correction_superseded"
    VOID_MISMATCH = "void_mismatch"

    WHILE_OUT = "while_out"
    ALREADY_RETIRED = "already_retired"
    ALREADY_LOST = "already_lost"
    ALREADY_HELD = "already_held"
    NOT_HELD = "not_held"
    NOT_REQUALIFYING = "not_requalifying"
    CHECK_FAILED = "check_failed"
    SAME_PERSON = "same_person"
    OUT_OF_STEP = "out_of_step"

    INFERRED_OPENED = "inferred_opened"
    OUT_OF_LIMITS = "out_of_limits"
    OTHER_UNIT = "other_unit"
    NO_CERTIFICATE = "no_certificate"
    DONOR_IN_SERVICE = "donor_in_service"
    MASS_MISMATCH = "mass_mismatch"
    PART_USED_ELSEWHERE = "part_used_elsewhere"
    PART_NOT_REQUALIFIED = "part_not_requalified"
    ANNOUNCED_ELSEWHERE = "announced_elsewhere"
    UNKNOWN_ORIGIN = "unknown_origin"
    OVERRIDE_UNEXPLAINED = "override_unexplained"
    NOT_AS_DECIDED = "not_as_decided"
    AFTER_DEADLINE = "after_deadline"
    NEEDS_MANAGER = "needs_manager"
    ALREADY_DECIDED = "already_decided"

    NOT_APPROVED = "not_approved"
    QUOTE_REPLACED = "quote_replaced"
    QUOTE_EXPIRED = "quote_expired"
    TOO_DEAR = "too_dear"
    WORKED_ON_HOLD = "worked_on_hold"
    REPAIR_HELD = "repair_held"

    NO_PHOTO = "no_photo"
    NO_CHECKLIST = "no_checklist"
    UNQUALIFIED = "unqualified"


TASKS = frozenset(
    {
        Reason.REROUTED,
        Reason.OTHER_PARTNER,
        Reason.SHIPPED_ON_HOLD,
        Reason.COLLECTED_AT_HOME,
        Reason.RETIRED_SCAN,
        Reason.REVOKED_LABEL,
        Reason.UNKNOWN_ITEM,
        Reason.UNKNOWN_PLACE,
        Reason.UNKNOWN_TYPE,
        Reason.ALREADY_BOUND,
        Reason.CORRECTION_SUPERSEDED,
        Reason.VOID_MISMATCH,
        Reason.WHILE_OUT,
        Reason.ALREADY_RETIRED,
        Reason.ALREADY_LOST,
        Reason.NOT_REQUALIFYING,
        Reason.CHECK_FAILED,
        Reason.SAME_PERSON,
        Reason.OUT_OF_STEP,
        Reason.OUT_OF_LIMITS,
        Reason.OTHER_UNIT,
        Reason.NO_CERTIFICATE,
        Reason.DONOR_IN_SERVICE,
        Reason.MASS_MISMATCH,
        Reason.PART_USED_ELSEWHERE,
        Reason.PART_NOT_REQUALIFIED,
        Reason.ANNOUNCED_ELSEWHERE,
        Reason.UNKNOWN_ORIGIN,
        Reason.OVERRIDE_UNEXPLAINED,
        Reason.NOT_AS_DECIDED,
        Reason.ALREADY_DECIDED,
        Reason.NOT_APPROVED,
        Reason.QUOTE_REPLACED,
        Reason.QUOTE_EXPIRED,
        Reason.TOO_DEAR,
        Reason.WORKED_ON_HOLD,
        Reason.REPAIR_HELD,
        Reason.NO_PHOTO,
        Reason.NO_CHECKLIST,
        Reason.UNQUALIFIED,
    }
)
"""Reasons that need a person: each opens a task with the event and its item."""

INFERENCES = frozenset(
    {
        Reason.INFERRED_SHIPPED,
        Reason.INFERRED_DELIVERED,
        Reason.INFERRED_TRANSFERRED,
        Reason.INFERRED_COLLECTED,
        Reason.INFERRED_RETURNED,
        Reason.INFERRED_RETIRED,
    }
)
"""Legs that nobody scanned and that the event proves to have happened."""
