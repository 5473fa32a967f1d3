"""The parts of the benchmark. Each has a function run(bench) that yields its tables."""

from . import copies, forwarding, idle, instructions, journal, memory, micro, moving, service, shards, single

PARTS = {"single": single, "instructions": instructions, "shards": shards, "memory": memory,
         "forwarding": forwarding, "idle": idle, "service": service,
         "journal": journal, "copies": copies, "moving": moving, "micro": micro}
