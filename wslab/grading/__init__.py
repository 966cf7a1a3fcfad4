"""Grading: one set of checks for the student, the instructor and the kit's own tests.

Two processes, so that a mark can be trusted. The *judge* holds the checks and the right answers,
and never runs a line of the student's text. The *worker* runs it, and answers over a pipe: values
and never verdicts, so that there is nothing to gain by forging them. The parts, from below:

- `limits`, `wire`: how much of everything, and how a value crosses the pipe
- `worker`, `sandbox`, `landlock`, `orphans`: the child, and the walls around it
- `process`, `session`, `scripts`, `program`, `server`, `delivery`: the judge's side of the child
- `student`, `check`, `beliefs`, `answers`, `judge`: what is asked, what an answer gives away, marks
- `kit`, `submission`: where the files are, and what a student hands in
- `feedback`, `difference`, `notebook`, `own`: what the student reads
- `intake`, `layout`, `archives`, `cells`, `unpack`: from a folder of submissions to their texts
- `coordinator`, `journal`, `judge_process`, `task`, `progress`, `remove`: the graded run
- `record`, `report`: what is kept of a graded submission, and all that is made of it
- `release`, `parcel`, `gradescope_bundle`, `gradescope_run`, `rubric`: what goes out of the house
"""
