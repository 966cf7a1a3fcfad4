"""All figures: each function gives a picture with its alt text and its twin in plain text."""

from .picture import Picture as Picture
from .plot_frames import bits as bits
from .plot_frames import overhead as overhead
from .plot_herd import herd as herd
from .plot_ladder import ladder as ladder
from .plot_timeline import timeline as timeline
from .plot_traffic import traffic as traffic
