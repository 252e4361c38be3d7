"""Cities, their administrative areas, and the periods in which each map was in force."""
