"""Why each check is there: a belief that this one check catches, and no other.

Whoever takes the check away lets this wrong solution have full marks. A new check comes with a new
line, and with somebody who would pass without it.
"""

from __future__ import annotations

CAUGHT_ONLY = {
    "ex01": {
        "all_of_it_sent": "two-sends-are-enough",
        "exactly_n": "too-much-can-go",
        "early_end": "nothing-is-an-answer",
        "echoed": "echo-sends-once",
        "left_open": "the-echo-closes",
        "asked": "reads-to-the-end",
        "asked_in_vain": "half-an-echo-is-fine",
        "served": "everything-first",
        "many_clients": "one-at-a-time",
        "hangs_up": "nobody-closes",
    },
    "ex02": {
        "lines_in_any_chunks": "any-line-end",
        "unfinished_line": "leftover-is-a-line",
        "packed": "little-endian",
        "every_message": "only-the-first",
        "unfinished_message": "a-length-means-all-is-here",
    },
    "ex03": {
        "plain_request": "no-query",
        "free_request": "the-last-one-counts",
        "bytes_behind": "all-of-it-is-the-request",
        "malformed": "always-well-formed",
        "asks_for_upgrade": "connection-is-one-word",
        "asks_for_something_else": "a-key-is-enough",
        "accept_value": "hex-digest",
        "whole_response": "no-blank-line",
    },
    "ex04": {
        "short_frame": "always-final",
        "three_lengths": "seven-bits-to-127",
        "masked_frame": "key-without-masking",
        "not_written": "anything-may-be-written",
        "read_short": "fin-ignored",
        "read_lengths": "four-byte-length",
        "what_is_behind": "nothing-behind",
        "no_frame": "any-form-of-length",
        "from_a_stream": "one-big-recv",
        "stream_ends": "an-early-end-is-malformed",
    },
    "ex05": {
        "mask_it": "whole-groups-only",
        "in_chunks": "index-counts-chunks",
        "no_secret": "header-of-six",
        "nothing_to_take_off": "every-frame-is-masked",
    },
    "ex06": {
        "whole_messages": "empty-is-no-message",
        "fragments": "each-frame-is-text",
        "control_between": "pings-wait",
        "broken_order": "the-order-is-right",
        "no_text": "bad-bytes-are-replaced",
        "close_written": "code-little-endian",
        "close_not_written": "any-code",
        "close_read": "no-code-is-1000",
        "close_refused": "reason-is-repaired",
        "replies": "pong-for-pong",
        "no_reply": "any-close-is-echoed",
    },
    "ex07": {
        "opened": "connection-is-upgrade",
        "refused": "version-does-not-matter",
        "in_pieces": "headers-arrive-whole",
        "echoed": "empty-is-the-end",
        "fragments": "control-waits",
        "closing": "the-client-hangs-up",
        "broken": "masks-are-optional",
        "no_text": "text-needs-no-check",
        "too_long": "each-frame-is-short",
        "several": "one-at-a-time",
    },
    "ex08": {
        "header_size": "seven-bits-to-127",
        "over_websocket": "both-directions-masked",
        "over_tcp": "prefix-one-way",
        "over_http": "heads-once",
        "pays_off": "equal-is-cheaper",
        "never_pays": "always-at-last",
    },
    "ex09": {
        "everybody": "spaces-do-not-count",
        "one_order": "own-words-first",
        "text_only": "whatever-comes-goes-on",
        "leaving": "close-is-shutdown",
        "slow_reader": "memory-is-there",
        "ctrl_c": "the-end-closes-all",
        "keep_alive": "nothing-to-ask",
    },
}
