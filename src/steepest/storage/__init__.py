"""Files that survive a crash, vouch for their own bytes, and are written by one process at a time."""

from .files import SEAL as SEAL
from .files import json_hash as json_hash
from .files import read_bytes as read_bytes
from .files import read_record as read_record
from .files import read_tensors as read_tensors
from .files import sealed as sealed
from .files import sha256 as sha256
from .files import tensors_hash as tensors_hash
from .files import unsealed as unsealed
from .files import write_durably as write_durably
from .files import write_tensors as write_tensors
from .locks import alone_in as alone_in
from .locks import locked as locked
