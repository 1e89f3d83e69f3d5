"""The replica: one folder of .ics files. Handles are `<pair id>` and `<pair id>/<check-in id>`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import batched

from syncengine.connector import Done, Opening, Operation, Outcome, Pull, Reading, Rejected, Step
from syncengine.errors import AccessError
from syncengine.model.cadence import cadence_of
from syncengine.model.values import Fields
from syncengine_ical import folder as disk
from syncengine_ical import place
from syncengine_ical.cursor import Cursor
from syncengine_ical.mapping import CHECKIN_FIELDS, PAIR_FIELDS
from syncengine_ical.reading import Reader
