"""What can be set of each way to tell a discriminator of classes, with the values of its paper. Imports no torch."""

from typing import Literal

from pydantic import Field, FiniteFloat

from ganzoo import Options


class ConcatOptions(Options):
    """One-hot planes, as the first conditional GANs have the class."""

    planes: Literal["one-hot", "embedding"] = Field(
        "one-hot", description="a constant plane for each class, or learned pictures of the image's own class"
    )
    maps: int = Field(1, ge=1, description="pictures of a class, where they are learned")


class WeightOptions(Options):
    """How much a term counts beside the game's own losses: as much as they do."""

    weight_d: FiniteFloat = Field(1.0, ge=0, description="of the term in the discriminator's loss")
    weight_g: FiniteFloat = Field(1.0, ge=0, description="of the term in the generator's loss")


class AuxiliaryOptions(WeightOptions):
    """The weights of ACGAN; WGAN-GP's authors give the generator's 0.1 and leave generated images to the generator."""

    fake: bool = Field(True, description="whether the classifier learns of generated images too")


class MultiHingeOptions(WeightOptions):
    """The paper's game of K + 1 classes, with nothing beside it."""

    alone: bool = Field(True, description="in place of the game's losses, as in the paper")


class ContrastiveOptions(WeightOptions):
    """Weight, temperature and width of ContraGAN on CIFAR-10."""

    temperature: FiniteFloat = Field(1.0, gt=0, description="t, by which similarities are divided")
    width: int = Field(512, ge=2, le=65536, description="numbers by which an image or a class is compared")


class DataToDataOptions(ContrastiveOptions):
    """Weight, margins and temperature of ReACGAN on CIFAR-10."""

    weight_d: FiniteFloat = Field(0.5, ge=0, description="of the term in the discriminator's loss")
    weight_g: FiniteFloat = Field(0.5, ge=0, description="of the term in the generator's loss")
    temperature: FiniteFloat = Field(0.5, gt=0, description="tau, by which similarities are divided")
    margin_positive: float = Field(
        0.98, ge=-1, le=1, description="m_p, the similarity to its class beyond which an image is left alone"
    )
    margin_negative: float = Field(
        0.02, ge=-1, le=1, description="m_n, the similarity to other classes' images below which it is left alone"
    )


class InfoOptions(Options):
    """InfoGAN on MNIST: ten codes, two numbers, both weights 1. Best with ``z_distribution`` uniform, as in the paper."""

    categories: int = Field(10, ge=1, le=65536, description="values of the categorical code; 1: there is none")
    continuous: int = Field(2, ge=0, description="continuous codes: the last so many numbers of z")
    hidden: int = Field(128, ge=0, le=65536, description="units between the features and what is said of the codes")
    learned_variance: bool = Field(False, description="say how sure each continuous code is, too; else variance 1")
    lambda_categorical: FiniteFloat = Field(1.0, ge=0, description="weight of the categorical code's information")
    lambda_continuous: FiniteFloat = Field(1.0, ge=0, description="weight of the continuous codes' information")
