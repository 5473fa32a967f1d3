"""limpetd beside redis-server and nutcracker, on one machine and on loopback. See bench/README.md."""
