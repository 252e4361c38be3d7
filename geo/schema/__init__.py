"""Every table. The triggers that keep counts exact are in `alembic/versions/*.sql`.

Two habits explain the shape of what follows:

* Facts that grow with the number of complaints carry no foreign keys. Each key check costs a
  lookup per row, and the rows are written by triggers and set-based statements that make them
  right. Small tables (city, domain, area_set ...) have foreign keys.
* `rollup` is changed only by `geo.rollup.fold`; writers append signed rows to `pending` instead,
  so that no two of them ever wait for the same counter. A read sums both.
"""

from geo.schema.administration import (
    audit_alert,
    audit_watched,
    boundary_day,
    boundary_draft,
    boundary_draft_area,
    boundary_draft_part,
    setting,
)
from geo.schema.answers import answer_template, refusal_ground, work_closing, work_question
from geo.schema.base import metadata
from geo.schema.clock import (
    calendar_version,
    due_history,
    policy_version,
    reminder_setting,
    work_pause,
    work_reminder,
)
from geo.schema.complaints import (
    complaint,
    complaint_area,
    event,
    idempotency,
    import_run,
    pending,
    rollup,
    rollup_layout,
)
from geo.schema.kinds import category, domain, model, source
from geo.schema.officials import (
    account,
    account_recovery,
    account_role,
    account_session,
    audit,
    audit_head,
    work,
    work_event,
    work_note,
)
from geo.schema.performance import weekly_subscription, work_handed, work_measured
from geo.schema.places import area, area_part, area_set, area_shape, city, landmark
from geo.schema.queue import work_bulk, work_bulk_item
from geo.schema.taking_part import (
    answer,
    look,
    participant,
    photo,
    photo_alike,
    photo_discarded,
    photo_origin,
    progress,
    rating,
    submission,
)
from geo.schema.telling import (
    follow,
    follow_token,
    follower,
    happening,
    mail,
    news,
    participant_push,
    push_message,
    push_subscription,
    sighting,
    watch,
)
from geo.schema.work_views import work_view

__all__ = [
    "account",
    "account_recovery",
    "account_role",
    "account_session",
    "answer",
    "answer_template",
    "area",
    "area_part",
    "area_set",
    "area_shape",
    "audit",
    "audit_alert",
    "audit_head",
    "audit_watched",
    "boundary_day",
    "boundary_draft",
    "boundary_draft_area",
    "boundary_draft_part",
    "calendar_version",
    "category",
    "city",
    "complaint",
    "complaint_area",
    "domain",
    "due_history",
    "event",
    "follow",
    "follow_token",
    "follower",
    "happening",
    "idempotency",
    "import_run",
    "landmark",
    "look",
    "mail",
    "metadata",
    "model",
    "news",
    "participant",
    "participant_push",
    "pending",
    "photo",
    "photo_alike",
    "photo_discarded",
    "photo_origin",
    "policy_version",
    "progress",
    "push_message",
    "push_subscription",
    "rating",
    "refusal_ground",
    "reminder_setting",
    "rollup",
    "rollup_layout",
    "setting",
    "sighting",
    "source",
    "submission",
    "watch",
    "weekly_subscription",
    "work",
    "work_bulk",
    "work_bulk_item",
    "work_closing",
    "work_event",
    "work_handed",
    "work_measured",
    "work_note",
    "work_pause",
    "work_question",
    "work_reminder",
    "work_view",
]
