"""Random list-append histories and the checker that looks for anomalies in them; ../histories.py runs them."""
