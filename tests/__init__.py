"""Everything that Motorpool promises, as tests: real servers, nothing of ours replaced."""
