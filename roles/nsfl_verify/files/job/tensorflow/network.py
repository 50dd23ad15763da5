# SPDX-License-Identifier: Apache-2.0
"""The network of the guide's example tf_mnist_fl, and its data."""

import neursafe_fl as nsfl
import numpy as np
import tensorflow as tf


def network():
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Flatten(input_shape=(28, 28)),
            tf.keras.layers.Dense(128, activation="relu"),
            tf.keras.layers.Dropout(0.2),
            tf.keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def samples(part):
    # Not through keras.datasets.mnist.load_data: it compares a checksum, and downloads what it expected instead.
    with np.load(nsfl.get_dataset_path("nsfl_verify")) as data:
        return data["x_" + part] / 255.0, data["y_" + part].astype(int)
