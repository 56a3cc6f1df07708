"""What an outsider runs: verify.py, which needs Python and nothing else."""
