"""Sound in files and pipes: reading, writing, playing."""
