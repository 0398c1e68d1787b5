"""Inputs that are right, for every parser: what is changed at random begins with one of them."""

TEXTS: dict[str, list[str]] = {
    "model": [
        *("mlp", "convnet", "digits-cnn", "32C3p1-R-M2s2-(F128-R)x2-F10", "4C3p1-B-R-M2-D0.25-F8-R-F3"),
        *(
            "8C3p1s2g1n-{4C3p1-B-R}-G-F10",
            "LeakyReLU0.01-F10",
            "X3-L5-A2-T-S-GELU-F10",
            "resnet-small",
            "net.py:Net",
        ),
        *("((F8-R)x3-F4)x2-F10", "F10n", "M3s2p1-F10", "16C1-B-R-D0.999999-F10", "999999C999999-F10"),
    ],
    "optimizer": [
        *("adam", "sgd", "momentum:beta=0.9,nesterov=true", "adamw:weight_decay=0.01", "sam:rho=0.1 of momentum"),
        *("lookahead:k=5 of adam:beta1=0.8", "torch.optim.SGD:momentum=0.9", "torch.optim.Adam", "lion", "soap"),
        *(
            "torch.optim.AdamW:betas=0.9",
            "rule.py:Rule:k=3",
            "rmsprop:centred=true,momentum=0.5",
            "ema of sam of sgd",
        ),
    ],
    "specification": ["adam:beta1=0.8,eps=1e-8", "a:b=true", "x", "sgd:lr=.5,momentum=none", "file.py:Class:k=3"],
    "schedule": [
        *("constant", "step:every=15", "exponential:gamma=0.95", "cosine:floor=0.1,warmup=0.2"),
        *("one-cycle:legs=linear,peak=0.3", "one-cycle:start=0.1,end=0.001"),
    ],
    "augmentation": [
        *("shift:2+rotate:15+crop:22,probability=0.1+flip+erase:8", "shift:pixels=2 flip", "scale:0.1, rotate:10"),
        *("crop:6", "erase:3+noise:5", "brightness:0.2+contrast:0.3"),
    ],
    "image_size": ["32x32", "28x28", "1x1", "640X480", ""],
    "class_weights": ["none", "balanced", "1,2,1", "0.5,0.25,0.25", "1e-3,1,1e3"],
    "normalize": ["unit", "standard", "raw", "0.5/0.25", "0.1307/0.3081", "0.5,0.5,0.5/0.2,0.2,0.2"],
    "shape": ["1x28x28", "3x32x32", "28x28", "28"],
    "matrix": ["1 2 3; 4 5 6", "1,2;3,4", "-0.5 1e3\n2 3", "0"],
    "maps": ["1 2; 3 4 | 5 6; 7 8", "1|2|3", "1 0 -1; 1 0 -1; 1 0 -1"],
    "kernel": ["edge", "blur", "sharpen", "random:5:7", "random", "1 0; 0 -1"],
    "numbers": ["1,2,3", "0.5 -1e-3 2.", ".5", "2,3,2"],
    "data": [
        "mnist5k",
        "./pictures",
        "pictures",
        "/nonexistent",
        "quickdraw:cat,dog",
        "~",
        "..",
        "pictures/train",
    ],
}

TOML: dict[str, list[str]] = {
    "config": [
        'model = "mlp"\ndata = "mnist5k"\noptimizer = "adam"\nlr = 0.01\nepochs = 3\nbatch_size = 32\nval = 0.2\n',
        'lr = "none"\nschedule = "step:every=2"\nstratified = true\naugment = "shift:2"\nclass_weights = "1,2,1"\n'
        'image_size = "32x32"\nclip_norm = 1.0\npatience = 2\nval = 0.1\nthreads = 1\nseed = 7\n',
    ],
    "experiment": [
        'name = "mine"\ntitle = "Mine"\nsource = "a book"\nabout = "what"\nseeds = 3\n[defaults]\nmodel = "mlp"\n'
        '[quick]\nepochs = 1\n[[case]]\nname = "one"\ntitle = "One"\nconfig = {lr = 0.1}\n'
        'published = {test_accuracy = "0.9910"}\ntolerance = {test_accuracy = 0.01}\n'
        '[[part]]\nuse = "parts.py:draw"\ncases = ["one"]\n'
        '[[fault]]\nwhat = "a"\nmended = "b"\n[[question]]\nasks = "q"\nanswer = "a"\ncommand = "steepest"\n'
    ],
    "network": [
        "sizes = [2, 2, 2]\ninputs = [0.05, 0.1]\ntargets = [0.01, 0.99]\nweights = [0.15, 0.2, 0.25, 0.3, "
        '0.4, 0.45, 0.5, 0.55]\nbiases = [0.35, 0.35, 0.6, 0.6]\nactivation = "sigmoid"\noutput = "softmax"\n'
    ],
}

IMAGE_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")

# put behind commands that train: data that is not there ends them before the first step
FORCED = ("--data", "/nonexistent/pictures")
ARGUMENTS: list[list[str]] = [
    [
        *(
            "train",
            "mlp",
            "--optimizer",
            "adam:beta1=0.8",
            "--lr",
            "0.01",
            "--epochs",
            "3",
            "--val",
            "0.2",
            "--json",
        )
    ],
    [*("train", "--config", "c.toml", "--out", "new", "--schedule", "step:every=2", "--augment", "shift:2")],
    [*("compare", "adam", "momentum", "--fixed", "--seeds", "7", "--margin", "0.01", "--vary", "optimizer")],
    [*("tune", "momentum", "--trials", "4", "--studies", "2", "--model", "mlp")],
    [*("runs", "list", "--json")],
    [*("models", "show", "4C3p1-B-R-G-F3", "--input", "1x8x8", "--classes", "3", "--json")],
    [*("models", "list")],
    [*("optimizers", "show", "adam", "--json")],
    [*("optimizers", "list")],
    [*("byhand", "backprop", "--sizes", "2,3,2", "--activation", "tanh", "--output", "softmax", "--steps", "2")],
    [*("byhand", "step", "adam", "--steps", "3", "--start", "1,1", "--curvature", "1,10", "--lr", "0.1")],
    [
        *(
            "byhand",
            "convolution",
            "--matrix",
            "1 2 3; 4 5 6; 7 8 9",
            "--kernel",
            "1 0; 0 -1",
            "--bias",
            "0.5",
            "--stride",
            "1",
        )
    ],
    [*("byhand", "pooling", "--matrix", "1 2; 3 4", "--kernel", "2", "--kind", "average", "--padding", "1")],
    [*("byhand", "softmax", "2,1,0.1", "--label", "2", "--json")],
    [*("byhand", "size", "--input", "28", "--kernel", "5,3", "--stride", "2", "--padding", "1")],
    [*("byhand", "count", "cnn-guide", "--input", "1x28x28")],
    [*("byhand", "grade", "k.json", "a.csv")],
    [*("predict", "run", "pictures/test/class0/000.png", "--top", "2", "--json")],
    [*("report", "run", "--split", "none")],
    [*("evaluate", "run", "--split", "test", "--weights", "best", "--json")],
    [*("data", "list", "--json")],
    [*("--version",)],
    [*("--help",)],
]
