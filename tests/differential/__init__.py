"""Limpet against redis-server: the same commands to both, and every reply compared byte by byte.

stream.py makes the commands (words in edges.py, commands in *_commands.py), servers.py starts and asks the servers,
comparison.py is the run, rules.py says what may differ, findings.py groups what does, shrink.py looks for the shortest
history that shows it.
"""
