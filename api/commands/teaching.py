"""Teaching the suggestion of kinds, at the command line."""

from datetime import UTC, datetime

from api.commands.session import Var, out, prepared


def train(var: Var = None) -> None:
    """Teach anew which words are about which kind of complaint, and say how well it does."""
    # scikit-learn takes a second to load: only this command waits for it.
    from geo.teaching import teach

    with prepared(var) as engine, engine.begin() as connection:
        made = teach(connection, datetime.now(UTC)).measured
    out.print(
        f"{made['texts']:,} texts of {made['categories']} kinds; with {made['folds']} folds:\n"
        f"  the right kind first      {made['accuracy']:.1%}\n"
        f"  among the first three     {made['top3']:.1%}\n"
        f"  suggestions are made for  {made['made']:.1%}"
        + (f", and {made['right']:.1%} of those are right" if made["right"] is not None else "")
    )
