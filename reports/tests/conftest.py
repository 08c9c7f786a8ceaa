import pytest
import samples

from racetrack_reports import overall, page, records


@pytest.fixture
def written(tmp_path):
    """A function that writes records (or text) to a file and names it."""
    def write(content, name="records.jsonl"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str)
                        else samples.lines(content), encoding="utf-8")
        return path
    return write


@pytest.fixture
def loaded(written):
    return lambda content: records.load(written(content))


@pytest.fixture
def rendered(loaded):
    def render(content):
        run = loaded(content)
        return page.render(run, overall.overall(run))
    return render
