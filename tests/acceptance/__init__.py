"""Acceptance tests: the whole program from outside, against docs/api.md and the command line contract.

They run the binary named by GLEANER_BIN (build/release/gleaner by default), from the root of the repository:

    python3 -m unittest tests.acceptance.test_main_job
    python3 -m unittest discover -s tests/acceptance -t .

Other environment variables: GLEANER_CRASH_ROUNDS (50), GLEANER_CORPORA (folder of real data, else skipped),
GLEANER_RSS_LIMIT_MB (300; raise it for sanitizer builds).
"""
