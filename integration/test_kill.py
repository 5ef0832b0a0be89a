"""Goal: kill -9 loses nothing that was acknowledged. Method: kill.py, a few kills; its figures are printed."""

from kill import torture


def test_few_kills(make_server):
    count, longest = torture(make_server(), kills=4, seed=20261121)
    print(f"kills survived: 4, acknowledged transactions: {count}, longest restart: {longest:.2f} s")
    assert count > 0
