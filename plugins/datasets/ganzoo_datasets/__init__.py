"""Data sets for ganzoo: digits (no download), MNIST, Fashion-MNIST, CIFAR-10, your own folders, archives, npz files, packs."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from ganzoo import DataRequest, Dataset, ImageData, ImageSource, hookimpl


def load_digits(request: DataRequest) -> ImageData:
    from ganzoo_datasets.digits import load

    return load(request)


def load_mnist(request: DataRequest) -> ImageData:
    from ganzoo_datasets.mnist import load_mnist

    return load_mnist(request)


def load_fashion_mnist(request: DataRequest) -> ImageData:
    from ganzoo_datasets.mnist import load_fashion_mnist

    return load_fashion_mnist(request)


def load_cifar10(request: DataRequest) -> ImageData:
    from ganzoo_datasets.cifar10 import load

    return load(request)


def load_folder(request: DataRequest) -> ImageData:
    from ganzoo_datasets.folder import load_folder

    return load_folder(request)


def scan_folder(request: DataRequest) -> AbstractContextManager[ImageSource]:
    from ganzoo_datasets.folder import scan_folder

    return scan_folder(request)


def load_zip(request: DataRequest) -> ImageData:
    from ganzoo_datasets.folder import load_zip

    return load_zip(request)


def scan_zip(request: DataRequest) -> AbstractContextManager[ImageSource]:
    from ganzoo_datasets.folder import scan_zip

    return scan_zip(request)


def load_tar(request: DataRequest) -> ImageData:
    from ganzoo_datasets.folder import load_tar

    return load_tar(request)


def scan_tar(request: DataRequest) -> AbstractContextManager[ImageSource]:
    from ganzoo_datasets.folder import scan_tar

    return scan_tar(request)


def load_npz(request: DataRequest) -> ImageData:
    from ganzoo_datasets.npz import load

    return load(request)


def load_packed(request: DataRequest) -> ImageData:
    from ganzoo_datasets.packed import load

    return load(request)


@hookimpl
def register_datasets(register: Callable[[Dataset], None]) -> None:
    register(
        Dataset(
            name="digits",
            load=load_digits,
            resolution=16,
            licence="CC BY 4.0",
            paper="Alpaydin & Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49",
            summary="scikit-learn's handwritten digits, 1,500 and 297 for testing, 8x8 grey, 10 classes; no download",
        )
    )
    register(
        Dataset(
            name="mnist",
            load=load_mnist,
            resolution=32,
            licence="CC BY-SA 3.0",
            paper="LeCun, Bottou, Bengio & Haffner 1998, doi:10.1109/5.726791",
            summary="60,000 handwritten digits and 10,000 for testing, 28x28 grey, 10 classes",
        )
    )
    register(
        Dataset(
            name="fashion-mnist",
            load=load_fashion_mnist,
            resolution=32,
            licence="MIT",
            paper="arXiv:1708.07747",
            summary="60,000 articles of clothing and 10,000 for testing, 28x28 grey, 10 classes",
        )
    )
    register(
        Dataset(
            name="cifar10",
            load=load_cifar10,
            resolution=32,
            licence="none stated by the authors; made for research",
            paper="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
            summary="50,000 small photographs and 10,000 for testing, 32x32 colour, 10 classes",
        )
    )
    register(
        Dataset(
            name="folder",
            load=load_folder,
            scan=scan_folder,
            takes_path=True,
            summary="a folder of images; its sub-folders are the classes",
        )
    )
    register(
        Dataset(
            name="zip",
            load=load_zip,
            scan=scan_zip,
            takes_path=True,
            summary="a zip of images, laid out as for 'folder' or written by StyleGAN's data set tool",
        )
    )
    register(
        Dataset(
            name="tar",
            load=load_tar,
            scan=scan_tar,
            takes_path=True,
            summary="a tar, plain or compressed, of images, laid out as for 'folder'",
        )
    )
    register(
        Dataset(
            name="npz",
            load=load_npz,
            takes_path=True,
            summary="an npz file with uint8 'images' and, if there are classes, integer 'labels'",
        )
    )
    register(
        Dataset(
            name="packed",
            load=load_packed,
            whole=True,
            takes_path=True,
            summary="what 'ganzoo data pack' wrote: images in files that are mapped, for sets larger than memory",
        )
    )
