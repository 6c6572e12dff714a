"""Speed, as ratios within one run: each figure stands beside its limit. `make bench` runs them all."""
