"""The HTTP edge: from bytes to one action, and from its answer or refusal to bytes."""
