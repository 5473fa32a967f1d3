"""The parts of the benchmark. Each has a function run(bench) that yields its tables."""

from . import forwarding, idle, instructions, journal, memory, micro, moving, service, shards, single

PARTS = {"single": single, "instructions": instructions, "shards": shards, "memory": memory,
         "forwarding": forwarding, "idle": idle, "service": service,
         "journal": journal, "moving": moving, "micro": micro}
