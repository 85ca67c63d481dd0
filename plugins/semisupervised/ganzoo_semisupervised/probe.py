"""A linear probe: what a linear classifier makes of features that were learnt for something else."""

import warnings

import numpy as np


def probe_errors(
    features: np.ndarray, labels: np.ndarray, *, test_features: np.ndarray, test_labels: np.ndarray
) -> int:
    """Test errors of a logistic regression on standardised features (L2 penalty, C = 1).

    Shapes: (N, F), (N,), (M, F), (M,) -> a count of 0 ... M.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with warnings.catch_warnings():
        # An L-BFGS that was stopped early is still a linear probe, and the errors hardly move by then.
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe.fit(features, labels)
    return int((probe.predict(test_features) != test_labels).sum())
