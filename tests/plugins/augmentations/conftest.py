from types import SimpleNamespace

import pytest
import torch

from ganzoo.nn import DOutput


@pytest.fixture
def step_of():
    """``step_of(nimg=1000, real_logits=...)``: what an augmentation looks at after a discriminator's step."""

    def make(*, nimg=0, real_logits=None):
        logits = torch.zeros(4) if real_logits is None else real_logits
        return SimpleNamespace(nimg=torch.tensor(nimg), real_output=DOutput(logits))

    return make
