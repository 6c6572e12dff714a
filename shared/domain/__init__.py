"""What Motorpool knows: pure rules and models, without I/O and without a clock."""
