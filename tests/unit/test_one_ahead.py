"""Work that is made ahead in a thread."""

import sys

import pytest

from succotash.application.value.one_ahead import quick_turns


def test_turns_are_as_usual_again_once_the_work_is_done_or_has_failed() -> None:
    usual = sys.getswitchinterval()

    with quick_turns():
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() == pytest.approx(usual)

    with pytest.raises(ZeroDivisionError), quick_turns():
        _ = 1 // 0
    assert sys.getswitchinterval() == pytest.approx(usual)
