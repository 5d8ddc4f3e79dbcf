"""Training the classifiers: photographs are read and split, each update is drawn anew, and the command leaves a model."""

import io
import json
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from core.experiments.vision_transformer.small_data import learned
from core.models import checkpoints
from core.training import __main__ as command
from core.training import classifiers, photos, pictures, progress, shapes
from core.training.classifier_quality import calibration_error, fitting_temperature
from core.training.photos import CLASSES, Photos, PhotosError
from core.vision.cnn import ConvConfig, ConvNet

CPU = torch.device("cpu")
NUMBERS = range(40)


def packed(files: dict[str, tuple[int, tuple[int, int, int]]]) -> bytes:
    """A tar of square pictures of one colour each."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, (side, colour) in files.items():
            picture = io.BytesIO()
            Image.new("RGB", (side, side), colour).save(picture, "JPEG")
            member = tarfile.TarInfo(name)
            member.size = len(picture.getvalue())
            tar.addfile(member, io.BytesIO(picture.getvalue()))
    return out.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A few pictures that can be told apart by their colour."""
    folder = tmp_path_factory.mktemp("photos")
    colours = {"airplane": (200, 30, 30), "bird": (30, 200, 30), "monkey": (30, 30, 200)}
    large = {f"{name}/{100 * at + n:05d}.jpg": (96, colours[name]) for at, name in enumerate(colours) for n in NUMBERS}
    small = {
        f"{part}/{name}/{n:05d}.jpg": (32, (30 * at, 90, 200 - 30 * at))
        for part in ("train", "test")
        for at, name in enumerate(("automobile", "frog"))
        for n in range(6)
    }
    (folder / photos.STL).write_bytes(packed(large))
    (folder / photos.CIFAR).write_bytes(packed(small))
    mask = np.zeros((300, 16, 16), np.uint8)
    mask[:, 4:9, 2:7] = 1
    np.savez(folder / photos.MASKS, mask=mask, has_mask=np.arange(300) < 200)
    return folder


def test_photographs_are_split_by_their_number_and_none_is_on_two_sides(data):
    known = photos.read(data)
    assert (len(known.small), len(known.small_test)) == (12, 12)
    assert set(known.small.labels.tolist()) == {CLASSES.index("car"), CLASSES.index("frog")}
    sides = [set(each.numbers.tolist()) for each in (known.large, known.dev, known.test)]
    assert len(set.union(*sides)) == sum(map(len, sides))
    assert {number % 20 for number in sides[2]} == {0, 1}
    assert {number % 20 for number in sides[1]} == {2}
    assert set(known.masks) == set(range(200))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (photos.STL, None, "cannot be read"),
        (photos.CIFAR, b"no tar", "is no tar file"),
        (photos.STL, packed({}), "holds no picture"),
        (photos.MASKS, b"no npz", "holds no masks"),
        (photos.STL, packed({"sofa/00001.jpg": (96, (1, 2, 3))}), "is no picture of one of the classes"),
        (photos.STL, packed({"bird/x.jpg": (96, (1, 2, 3))}), "is no picture of one of the classes"),
    ],
    ids=["missing", "no tar", "empty", "masks", "class", "number"],
)
def test_data_that_cannot_be_used_is_told_in_words(data, tmp_path, name, content, words):
    for each in (photos.STL, photos.CIFAR, photos.MASKS):
        (tmp_path / each).write_bytes((data / each).read_bytes())
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(PhotosError, match=words):
        photos.read(tmp_path)


def test_varied_pictures_keep_their_range_and_are_drawn_from_the_seed():
    pixels = torch.randint(0, 256, (5, 3, 96, 96), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    first, again, other = (photos.varied(pixels, 64, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert first.shape == (5, 3, 64, 64)
    assert first.min() >= -1
    assert first.max() <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_update_is_what_its_number_and_the_seed_say(data):
    known = photos.read(data)
    torch.manual_seed(0)
    model = classifiers.untrained("vit").eval()
    recipe = pictures.Recipe(small=2, large=3, updates=10)
    first, again, later = (pictures.loss(model, known, recipe, update).item() for update in (1, 1, 2))
    assert first == again != later


@pytest.mark.long
def test_the_command_trains_measures_and_writes_all_three(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    for name in ("cnn", "vit", "vit-mean-pool"):
        command.main([name, "--data", str(data), "--out", str(tmp_path), "--updates", "2", "--device", "cpu"])
        model = checkpoints.read(tmp_path / f"{name}.safetensors", CPU)
        assert model.classify(np.zeros((70, 50, 3), np.uint8)).label in CLASSES
        figures = json.loads((tmp_path / f"{name}.json").read_text("utf-8"))
        assert 0 <= figures["quality"]["STL-10, nine classes"] <= 1
        assert {stage["updates"] for stage in figures["made"]["stages"]} == {2}
        assert ("objects" in figures["quality"]) == (name != "cnn")  # a convolutional net has no weights
        assert (tmp_path / f"{name}.safetensors").stat().st_size < 12_000_000
    card = (tmp_path / "vit.md").read_text("utf-8")
    # every figure stands beside its baselines
    assert "| vit-mean-pool |" in card
    assert "a centred Gaussian" in card
    assert "an untrained model" in card
    assert str(figures["quality"]["CIFAR-10"]) in card
    assert "from what cnn says of the same pictures" in card
    # run again, it takes up what is done
    command.main(["vit", "--data", str(data), "--out", str(tmp_path), "--updates", "2", "--device", "cpu"])
    assert "Going on after update 2 of 2" in capsys.readouterr().out


def test_what_a_training_needs_is_told_before_it_begins(data, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "WORK", tmp_path / "work")
    for name in ("vit", "vit-mean-pool"):
        with pytest.raises(SystemExit, match="train cnn first"):
            command.main([name, "--data", str(data), "--out", str(tmp_path), "--updates", "1"])
    command.main(["cnn", "--data", str(data), "--out", str(tmp_path), "--updates", "1"])
    with pytest.raises(SystemExit, match="train vit first"):
        command.main(["vit-mean-pool", "--data", str(data), "--out", str(tmp_path), "--updates", "1"])
    with pytest.raises(SystemExit, match="--data is missing"):
        command.main(["vit"])
    with pytest.raises(SystemExit, match="--epochs is not for vit"):
        command.main(["vit", "--data", str(data), "--epochs", "1"])


def test_a_teacher_is_followed(data):
    """A model that says what its teacher says has less to learn than one that says something else."""
    known = photos.read(data)
    recipe = pictures.Recipe(small=2, large=3, updates=10, read=1.0, whole=1.0)
    torch.manual_seed(0)
    teacher, stranger = (classifiers.untrained("vit").eval() for _ in range(2))
    with torch.no_grad():
        for model in (teacher, stranger):
            model.head.weight.mul_(40)  # both are sure, of different things
    own, other = (pictures.loss(model, known, recipe, 1, teacher) for model in (teacher, stranger))
    plain = [pictures.loss(model, known, recipe, 1) for model in (teacher, stranger)]
    assert own - (1 - pictures.TAUGHT) * plain[0] < other - (1 - pictures.TAUGHT) * plain[1]


def test_a_model_that_is_too_sure_gets_a_temperature_above_one_and_is_calibrated_by_it():
    torch.manual_seed(0)
    model = ConvNet(ConvConfig(CLASSES, 8, (4, 5))).eval()
    pixels = torch.randint(0, 256, (300, 3, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        model.head.weight.mul_(400)  # sure of everything, and right by chance
    shown = Photos(pixels, torch.randint(0, len(CLASSES), (300,)), torch.arange(300))
    temperature = fitting_temperature(model, shown)
    assert temperature > 1.5
    with torch.inference_mode():
        found = model(photos.seen(pixels, 8)).logits
    before, after = (calibration_error((found / by).softmax(-1), shown.labels) for by in (1, temperature))
    assert after < before


def test_shares_that_are_always_right_and_always_sure_are_calibrated():
    shares = torch.eye(3)[torch.tensor([0, 1, 2, 1])]
    assert calibration_error(shares, torch.tensor([0, 1, 2, 1])) == 0
    assert calibration_error(shares, torch.tensor([1, 2, 0, 0])) == 1


def test_shapes_are_drawn_from_the_seed_and_each_kind_is_as_frequent():
    images, labels = shapes.draw(2000, 3)
    again, _ = shapes.draw(2000, 3)
    assert torch.equal(images, again)
    assert images.shape == (2000, 3, shapes.SIDE, shapes.SIDE)
    assert labels.bincount().min() > 400
    assert -1 <= images.min() <= images.max() <= 1


@pytest.mark.parametrize("kind", shapes.KINDS)
def test_a_net_learns_the_same_from_the_same_seed(kind):
    first, again = (shapes.learn(kind, 30, 5, updates=4) for _ in range(2))
    assert first == again
    assert 25_000 < first.parameters < 45_000


@pytest.mark.long
def test_few_pictures_teach_a_convolutional_net_more_and_many_close_the_gap():
    """The ledger's numbers: 100 pictures tell the two apart, 2,000 do not."""
    few, many = shapes.SIZES[0], shapes.SIZES[-1]
    net, token = (learned(kind, few, 1).accuracy for kind in ("CNN", "ViT, class token"))
    assert net >= 0.95
    assert token <= 0.8
    full = [learned(kind, many, 1).accuracy for kind in shapes.KINDS]
    assert min(full) >= 0.95
    assert abs(full[1] - full[2]) <= 0.03
