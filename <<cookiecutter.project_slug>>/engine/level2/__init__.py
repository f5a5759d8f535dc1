"""Train, gate, register and explain one model, the same way on a laptop and on a cluster."""
