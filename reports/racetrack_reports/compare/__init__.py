"""Is head slower than base? Measured in turns, judged with few false alarms."""
