"""answers: templates, grounds of refusals, questions to reporters, closings that wait for a check

Revision: 0020
Revises: 0019
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
# Beginnings for an operator, who confirms or changes them: see docs/handling.md.
GROUNDS = (
    (
        "other-authority",
        "Không thuộc thẩm quyền giải quyết; đã hướng dẫn đến cơ quan có thẩm quyền",
        "Another authority decides on this; you were told which",
        "Luật Tiếp công dân 2013, Điều 26",
    ),
    (
        "settled-before",
        "Vụ việc đã được giải quyết đúng pháp luật, không có tình tiết mới",
        "It was decided on as the law asks before, and nothing new is said",
        "Luật Tiếp công dân 2013, Điều 9",
    ),
    (
        "cannot-be-checked",
        "Nội dung không đủ để xác minh: không rõ địa điểm, sự việc",
        "What is said is not enough to check it: no place, no fact",
        "Thông tư 05/2021/TT-TTCP",
    ),
    (
        "lawful",
        "Đã kiểm tra: việc được phản ánh không vi phạm quy định",
        "It was checked: what is reported breaks no rule",
        "Luật Tiếp công dân 2013, Điều 28",
    ),
    (
        "is-a-complaint",
        "Là khiếu nại quyết định, hành vi hành chính: theo trình tự khiếu nại",
        "It is a complaint about a decision of an authority, which has a procedure of its own",
        "Luật Khiếu nại 2011, Điều 7",
    ),
    (
        "is-a-denunciation",
        "Là tố cáo: theo trình tự tố cáo",
        "It is a denunciation, which has a procedure of its own",
        "Luật Tố cáo 2018, Điều 22",
    ),
    (
        "private-dispute",
        "Tranh chấp dân sự: thuộc thẩm quyền của Tòa án",
        "It is a dispute between persons, which a court decides",
        "Bộ luật Tố tụng dân sự 2015, Điều 26",
    ),
)


def _instant(name: str, *, nullable: bool = False, now: bool = False):
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _words() -> sa.Table:
    """Tables of what answers begin with."""
    op.create_table(
        "answer_template",
        _number(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("domain_id", sa.SmallInteger(), nullable=True),
        sa.Column("category_id", sa.SmallInteger(), nullable=True),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="with {fields} that are to be filled"),
        _instant("changed_at", now=True),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_answer_template_language")),
        sa.CheckConstraint(
            "num_nonnulls(domain_id, category_id) <= 1", name=op.f("ck_answer_template_scope")
        ),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domain.id"], name=op.f("fk_answer_template_domain_id")
        ),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_answer_template_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_template")),
        sa.UniqueConstraint("name", "language", name=op.f("uq_answer_template_name_language")),
        comment="answers to begin with; neither domain nor category: for all",
    )
    return op.create_table(
        "refusal_ground",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("vi", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column(
            "law", sa.Text(), nullable=False, comment="the law or rule, as citizens are told it"
        ),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "shipped",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="as it came with the product: nobody here has confirmed it",
        ),
        _instant("changed_at", now=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_refusal_ground")),
        comment="why a complaint may be refused",
    )


def _asked() -> None:
    """Tables of what is asked of the reporter and of supervisors."""
    op.create_table(
        "work_question",
        _number(),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _instant("at", now=True),
        sa.Column(
            "reply",
            sa.Text(),
            nullable=True,
            comment="private: of the reporter, erased with the rest",
        ),
        _instant("replied_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_work_question_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_question")),
        comment="what officials asked the reporter, and the reply: for these two alone",
    )
    op.create_index(op.f("ix_work_question_complaint_id"), "work_question", ["complaint_id"])
    op.create_table(
        "work_closing",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "photos",
            postgresql.ARRAY(sa.Uuid()),
            nullable=False,
            comment="uploads, in their order",
        ),
        sa.Column(
            "proof",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what their files said of time and place",
        ),
        _instant("at", now=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_work_closing_account_id")
        ),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_work_closing")),
        comment="an answer that is to close it once a supervisor has looked at it",
    )


def _columns() -> None:
    no = sa.text("false")
    for name, comment in (
        ("answer_photo", "a closing needs a photo of the place, taken afterwards"),
        ("answer_check", "a supervisor looks at a closing before it is one"),
    ):
        op.add_column(
            "category",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=no, comment=comment),
        )
    op.add_column(
        "category",
        sa.Column(
            "answer_photo_m", sa.SmallInteger(), nullable=False, server_default=sa.text("150")
        ),
    )
    op.create_check_constraint(
        op.f("ck_category_answer_photo_m"), "category", "answer_photo_m BETWEEN 10 AND 5000"
    )
    op.add_column(
        "photo",
        sa.Column(
            "held",
            sa.Boolean(),
            nullable=False,
            server_default=no,
            comment="of an answer that waits for a supervisor: not swept away meanwhile",
        ),
    )
    op.add_column(
        "work",
        sa.Column(
            "split_from",
            sa.Uuid(),
            nullable=True,
            comment="the complaint that held several matters",
        ),
    )
    op.create_index(
        "ix_work_split_from",
        "work",
        ["split_from"],
        postgresql_where=sa.text("split_from IS NOT NULL"),
    )
    op.add_column("progress", sa.Column("question_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_progress_question_id"),
        "progress",
        "work_question",
        ["question_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_progress_question_id"), "progress", ["question_id"])
    _what("num_nonnulls(event_id, answer_id, question_id) = 1")


def _what(rule: str) -> None:
    op.drop_constraint(op.f("ck_progress_what"), "progress", type_="check")
    op.create_check_constraint(op.f("ck_progress_what"), "progress", rule)


def upgrade() -> None:
    grounds = _words()
    _asked()
    _columns()
    op.bulk_insert(
        grounds,
        [
            {"code": code, "vi": vi, "en": en, "law": law, "position": n, "shipped": True}
            for n, (code, vi, en, law) in enumerate(GROUNDS)
        ],
    )
    op.execute(sa.text((HERE / "0020_answers.sql").read_text().replace(":", r"\:")))
    op.create_index(
        "ix_answer_digest",
        "answer",
        [sa.text("answer_digest(text)"), "at"],
        postgresql_where=sa.text("status = 4"),
    )


def downgrade() -> None:
    op.drop_index("ix_answer_digest", "answer")
    op.execute("DROP TRIGGER work_came_back ON work")
    op.execute("DROP TRIGGER work_closing_over ON work")
    op.execute("DROP TRIGGER work_asked_gone ON work")
    op.execute("DROP TRIGGER replies_erased ON participant")
    op.execute("DELETE FROM progress WHERE question_id IS NOT NULL")
    _what("num_nonnulls(event_id, answer_id) = 1")
    op.drop_column("progress", "question_id")
    op.drop_column("work", "split_from")
    op.drop_column("photo", "held")
    op.drop_constraint(op.f("ck_category_answer_photo_m"), "category", type_="check")
    for name in ("answer_photo", "answer_photo_m", "answer_check"):
        op.drop_column("category", name)
    for name in ("work_closing", "work_question", "refusal_ground", "answer_template"):
        op.drop_table(name)
    op.execute(
        "DROP FUNCTION work_same_words, answer_digest, photo_like, work_photo_facts,"
        " question_to_tell, work_replied, replies_erased, work_to_category, work_came_back,"
        " work_closing_over, work_asked_gone, work_split"
    )
