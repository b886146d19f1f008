"""What Vigie decides, apart from what it does: pure functions of values, without I/O, clock or randomness."""
