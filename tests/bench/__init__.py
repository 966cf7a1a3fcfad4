"""The benchmark: our two echoes beside raw TCP and beside other WebSocket libraries.

peers.py    the servers; each runs in a process of its own
raw.py      the one client that all servers get: nothing but a socket and prepared bytes
measure.py  round trips, pipelining, connections, 200 at once, a stream through the relay
masks.py    masking; clients.py  the clients of the libraries; views.py  to look at a recording;
            these three are run by inside.py
targets.py  what should come out; report.py  the tables and bench.json; plot.py  the plot
"""
