"""What it costs to keep sessions on disk, and what it takes to have them again. Each file is a question of its own."""
