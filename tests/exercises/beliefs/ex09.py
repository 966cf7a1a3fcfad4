"""What learners believe about many clients of one server: whole programs, each wrong once."""

from __future__ import annotations

from wslab.grading.beliefs import program_belief as program

from ..checks import ex09 as checks

SAY = "            for outbox in self._members.values():\n                outbox.put(frame)\n"

speakers_know = program(
    "speakers-know",
    ("    def say(self, text: str) -> None:", "    def say(self, text, speaker) -> None:"),
    (SAY, "            for stream, outbox in self._members.items():\n"
          "                if stream is not speaker:\n                    outbox.put(frame)\n"),
    ("ROOM.say(message)", "ROOM.say(message, stream)"),
    says="A client that says something knows it already: only the others have to hear it.",
    look="How does one who speaks know when the others heard it, and behind what?",
    lesson="09",
    signs=[checks.NOT_TO_ONESELF],
)  # fmt: skip

spaces_do_not_count = program(
    "spaces-do-not-count",
    ("ROOM.say(message)", "ROOM.say(message.strip())"),
    says="Spaces around a message mean nothing.",
    look="Somebody pastes a line of Python that is indented. What do the others see?",
    lesson="09",
    signs=[checks.TRIMMED],
)

newcomers_hear_the_past = program(
    "newcomers-hear-the-past",
    ("            self._members[stream] = outbox\n",
     "            self._members[stream] = outbox\n"
     "            for frame in self.said:\n                outbox.put(frame)\n"),
    ("        self._lock = threading.Lock()\n",
     "        self._lock = threading.Lock()\n        self.said = []\n"),
    (SAY, "            self.said.append(frame)\n" + SAY),
    says="A client that comes late wants to know what was said before.",
    look="Read point 1 of the exercise: from when on is one in the room?",
    lesson="09",
    signs=[checks.PAST],
)  # fmt: skip

COURIER = """ROOM = Room()
LATER = queue.SimpleQueue()


def carry():
    while True:
        members, speaker, frame = LATER.get()
        time.sleep(0.01)
        for stream, outbox in members.items():
            if stream is not speaker:
                outbox.put(frame)


threading.Thread(target=carry, daemon=True).start()
"""

own_words_first = program(
    "own-words-first",
    ("    def say(self, text: str) -> None:", "    def say(self, text, speaker) -> None:"),
    (SAY, "            self._members[speaker].put(frame)\n"
          "            LATER.put((dict(self._members), speaker, frame))\n"),
    ("ROOM = Room()\n", COURIER),
    ("import threading\n", "import queue\nimport threading\n"),
    ("ROOM.say(message)", "ROOM.say(message, stream)"),
    says="Each client gets what it says at once; when the others get it, does not matter.",
    look="Two say yes and no at the same moment. Do both see the same conversation?",
    lesson="09",
    signs=[checks.ORDER],
)  # fmt: skip

whatever_comes = program(
    "whatever-comes-goes-on",
    ("        frame = encode_frame(TEXT, text.encode())\n",
     "        binary = isinstance(text, bytes)\n"
     "        frame = encode_frame(2, text) if binary else encode_frame(TEXT, text.encode())\n"),
    ("            if not isinstance(message, str):\n", "            if False:\n"),
    says="A message is a message: whatever comes goes on to all.",
    look="Read point 2 of the exercise. What would a page for text do with your bytes?",
    lesson="05",
    rfc="7.4.1",
    signs=[checks.BINARY_TOLD],
)  # fmt: skip

others_want_to_know = program(
    "others-want-to-know",
    ("            del self._members[stream]\n",
     "            del self._members[stream]\n"
     '        self.say("Somebody has left.")\n'),
    says="When somebody leaves, the others want to be told.",
    look="Read point 5 of the exercise. Who would have said these words?",
    lesson="09",
    signs=[checks.GOSSIP],
)  # fmt: skip

all_say_goodbye = program(
    "all-say-goodbye",
    ("    finally:\n        ROOM.leave(stream)\n",
     "    except Failure:\n        ROOM.leave(stream)\n        raise\n"
     "    ROOM.leave(stream)\n"),
    ("            if self._finished:\n                return\n",
     '            if self._finished:\n                raise OSError("gone")\n'),
    says="A client stays in the room until it says goodbye.",
    look="A laptop is closed in the middle of a word. What does your list of clients say then?",
    lesson="09",
    signs=[checks.DEAF],
)  # fmt: skip

close_is_shutdown = program(
    "close-is-shutdown",
    ("next_message(stream, outbox.put)",
     "next_message(stream, lambda f: None if f[0] == 0x88 else outbox.put(f))"),
    says="To close is to shut down the socket.",
    look="The client's onclose says 1006: a cable was cut. How could it have known better?",
    lesson="09",
    rfc="7.1.1",
    signs=[checks.JUST_ENDS],
)  # fmt: skip

slow_is_its_own_problem = program(
    "slow-is-its-own-problem",
    ("            if self._finished:\n                return\n"
     "            self._frames.append(frame)\n",
     "            if not self._finished:\n                with contextlib.suppress(OSError):\n"
     "                    send_all(self._stream.send, frame)\n"
     "            self._finished |= frame[0] == 0x80 | CLOSE\n            return\n"
     "            self._frames.append(frame)\n"),
    says="A slow reader is its own problem: I send to one after the other.",
    look="Your send() waits for one who does not read. In which thread, and who needs that one?",
    lesson="09",
    signs=[checks.BLOCKED],
)  # fmt: skip

memory_is_there = program(
    "memory-is-there",
    ("            if self._waiting > MAX_WAITING:\n", "            if False:\n"),
    says="What a client does not read yet can wait in a list, however many bytes that is.",
    look="One client reads nothing for a day of lively chat. Where is that day?",
    lesson="09",
    rfc="10.4",
    signs=[checks.ENDLESS],
)

no_error_means_alive = program(
    "no-error-means-alive",
    ("if time.monotonic() - stream.heard > patience:", "if False:"),
    says="As long as there is no error, the other side is alive.",
    look="A cable is cut, and nobody sends. Which error comes, and when?",
    lesson="09",
    rfc="5.5.2",
    signs=[checks.IMMORTAL],
)  # fmt: skip

nothing_to_ask = program(
    "nothing-to-ask",
    ("        ROOM.ping(patience=2 * seconds)\n", "        pass\n"),
    says="A connection that is open stays open: nobody has to ask.",
    look="A router on the way forgets idle connections. Who would notice, and by what?",
    lesson="09",
    rfc="5.5.2",
    signs=[checks.NEVER_PINGED],
)

silence_is_death = program(
    "silence-is-death",
    ("time.monotonic() - stream.heard > patience", "time.monotonic() - spoken[stream] > patience"),
    ("        self._lock = threading.Lock()\n",
     "        self._lock = threading.Lock()\n        self.spoken = {}\n"),
    ("            self._members[stream] = outbox\n",
     "            self._members[stream] = outbox\n"
     "            self.spoken[stream] = time.monotonic()\n"),
    ("            ROOM.say(message)\n",
     "            ROOM.spoken[stream] = time.monotonic()\n            ROOM.say(message)\n"),
    ("            for stream, outbox in self._members.items():\n",
     "            spoken = self.spoken\n"
     "            for stream, outbox in self._members.items():\n"),
    says="A client that says nothing for so long is gone.",
    look="Somebody only listens, and answers each of your pings. Is that a dead peer?",
    lesson="09",
    rfc="5.5.3",
    signs=[checks.MUST_TALK],
)  # fmt: skip

the_end_closes_all = program(
    "the-end-closes-all",
    ("    except Failure as failure:\n",
     "    except Failure as failure:\n        if failure.code == 1001:\n            return\n"),
    says="When a program ends, the system closes its connections: that is enough.",
    look="What does the client's onclose say: that you went home, or that the line broke?",
    lesson="09",
    rfc="7.4.1",
    signs=[checks.DROPPED],
)  # fmt: skip
