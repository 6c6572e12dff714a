"""Many people on one board for minutes, cut off again and again: nothing lost, nothing of others."""
