"""Where a formula or a finding comes from. Every `step` and every claim cites keys of this table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A publication: enough to find it in a library, and its address where it is free to read."""

    authors: str
    year: int
    title: str
    url: str

    @property
    def short(self) -> str:
        return f"{self.authors} {self.year}"


SOURCES = {
    "bahdanau2015": Source(
        "Bahdanau, Cho, Bengio",
        2015,
        "Neural Machine Translation by Jointly Learning to Align and Translate",
        "https://arxiv.org/abs/1409.0473",
    ),
    "liu2021": Source(
        "Liu et al.",
        2021,
        "CPTR: Full Transformer Network for Image Captioning",
        "https://arxiv.org/abs/2101.10804",
    ),
    "cho2014": Source(
        "Cho et al.",
        2014,
        "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
        "https://arxiv.org/abs/1406.1078",
    ),
    "cho2014properties": Source(
        "Cho et al.",
        2014,
        "On the Properties of Neural Machine Translation: Encoder-Decoder Approaches",
        "https://arxiv.org/abs/1409.1259",
    ),
    "sutskever2014": Source(
        "Sutskever, Vinyals, Le",
        2014,
        "Sequence to Sequence Learning with Neural Networks",
        "https://arxiv.org/abs/1409.3215",
    ),
    "pascanu2013": Source(
        "Pascanu, Mikolov, Bengio",
        2013,
        "On the Difficulty of Training Recurrent Neural Networks",
        "https://arxiv.org/abs/1211.5063",
    ),
    "hochreiter1997": Source(
        "Hochreiter, Schmidhuber", 1997, "Long Short-Term Memory", "https://doi.org/10.1162/neco.1997.9.8.1735"
    ),
    "gers2000": Source(
        "Gers, Schmidhuber, Cummins",
        2000,
        "Learning to Forget: Continual Prediction with LSTM",
        "https://doi.org/10.1162/089976600300015015",
    ),
    "elhage2021": Source(
        "Elhage, Nanda, Olsson and others",
        2021,
        "A Mathematical Framework for Transformer Circuits",
        "https://transformer-circuits.pub/2021/framework/index.html",
    ),
    "nadaraya1964": Source("Nadaraya", 1964, "On Estimating Regression", "https://doi.org/10.1137/1109020"),
    "watson1964": Source("Watson", 1964, "Smooth Regression Analysis", "https://www.jstor.org/stable/25049340"),
    "graves2014": Source("Graves, Wayne, Danihelka", 2014, "Neural Turing Machines", "https://arxiv.org/abs/1410.5401"),
    "elman1990": Source("Elman", 1990, "Finding Structure in Time", "https://doi.org/10.1207/s15516709cog1402_1"),
    "press2017": Source(
        "Press, Wolf", 2017, "Using the Output Embedding to Improve Language Models", "https://arxiv.org/abs/1608.05859"
    ),
    "lim2024": Source(
        "Lim, Zhu, Selfridge, Kasim",
        2024,
        "Parallelizing Non-Linear Sequential Models over the Sequence Length",
        "https://arxiv.org/abs/2309.12252",
    ),
    "khandelwal2018": Source(
        "Khandelwal et al.",
        2018,
        "Sharp Nearby, Fuzzy Far Away: How Neural Language Models Use Context",
        "https://arxiv.org/abs/1805.04623",
    ),
    "martin2018": Source(
        "Martin, Cundy",
        2018,
        "Parallelizing Linear Recurrent Neural Nets Over Sequence Length",
        "https://arxiv.org/abs/1709.04057",
    ),
    "chen2016": Source(
        "Chen, Matusov, Khadivi, Peter",
        2016,
        "Guided Alignment Training for Topic-Aware Neural Machine Translation",
        "https://arxiv.org/abs/1607.01628",
    ),
    "garg2019": Source(
        "Garg, Peitz, Nallasamy, Paulik",
        2019,
        "Jointly Learning to Align and Translate with Transformer Models",
        "https://arxiv.org/abs/1909.02074",
    ),
    "radford2018": Source(
        "Radford et al.",
        2018,
        "Improving Language Understanding by Generative Pre-Training",
        "https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf",
    ),
    "luong2015": Source(
        "Luong, Pham, Manning",
        2015,
        "Effective Approaches to Attention-based Neural Machine Translation",
        "https://arxiv.org/abs/1508.04025",
    ),
    "vaswani2017": Source("Vaswani et al.", 2017, "Attention Is All You Need", "https://arxiv.org/abs/1706.03762"),
    "vinyals2015": Source(
        "Vinyals, Toshev, Bengio, Erhan",
        2015,
        "Show and Tell: A Neural Image Caption Generator",
        "https://arxiv.org/abs/1411.4555",
    ),
    "xu2015": Source(
        "Xu et al.",
        2015,
        "Show, Attend and Tell: Neural Image Caption Generation with Visual Attention",
        "https://arxiv.org/abs/1502.03044",
    ),
    "dosovitskiy2021": Source(
        "Dosovitskiy et al.", 2021, "An Image is Worth 16x16 Words", "https://arxiv.org/abs/2010.11929"
    ),
    "he2016": Source(
        "He et al.", 2016, "Deep Residual Learning for Image Recognition", "https://arxiv.org/abs/1512.03385"
    ),
    "ba2016": Source("Ba, Kiros, Hinton", 2016, "Layer Normalization", "https://arxiv.org/abs/1607.06450"),
    "ioffe2015": Source(
        "Ioffe, Szegedy",
        2015,
        "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift",
        "https://arxiv.org/abs/1502.03167",
    ),
    "dong2021": Source(
        "Dong, Cordonnier, Loukas",
        2021,
        "Attention is Not All You Need: Pure Attention Loses Rank Doubly Exponentially with Depth",
        "https://arxiv.org/abs/2103.03404",
    ),
    "radford2019": Source(
        "Radford et al.",
        2019,
        "Language Models are Unsupervised Multitask Learners",
        "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
    ),
    "fan2018": Source(
        "Fan, Lewis, Dauphin", 2018, "Hierarchical Neural Story Generation", "https://arxiv.org/abs/1805.04833"
    ),
    "holtzman2020": Source(
        "Holtzman et al.", 2020, "The Curious Case of Neural Text Degeneration", "https://arxiv.org/abs/1904.09751"
    ),
    "eldan2023": Source(
        "Eldan, Li",
        2023,
        "TinyStories: How Small Can Language Models Be and Still Speak Coherent English?",
        "https://arxiv.org/abs/2305.07759",
    ),
    "olsson2022": Source(
        "Olsson et al.", 2022, "In-context Learning and Induction Heads", "https://arxiv.org/abs/2209.11895"
    ),
    "nostalgebraist2020": Source(
        "nostalgebraist",
        2020,
        "interpreting GPT: the logit lens",
        "https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens",
    ),
    "zhang2019": Source(
        "Zhang, Sennrich", 2019, "Root Mean Square Layer Normalization", "https://arxiv.org/abs/1910.07467"
    ),
    "shazeer2017": Source(
        "Shazeer et al.",
        2017,
        "Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts Layer",
        "https://arxiv.org/abs/1701.06538",
    ),
    "shazeer2020": Source("Shazeer", 2020, "GLU Variants Improve Transformer", "https://arxiv.org/abs/2002.05202"),
    "xiong2020": Source(
        "Xiong et al.",
        2020,
        "On Layer Normalization in the Transformer Architecture",
        "https://arxiv.org/abs/2002.04745",
    ),
    "chefer2021": Source(
        "Chefer, Gur, Wolf",
        2021,
        "Transformer Interpretability Beyond Attention Visualization",
        "https://arxiv.org/abs/2012.09838",
    ),
    "darcet2024": Source(
        "Darcet et al.", 2024, "Vision Transformers Need Registers", "https://arxiv.org/abs/2309.16588"
    ),
    "devlin2019": Source(
        "Devlin et al.",
        2019,
        "BERT: Pre-training of Deep Bidirectional Transformers",
        "https://arxiv.org/abs/1810.04805",
    ),
    "radford2021": Source(
        "Radford et al.",
        2021,
        "Learning Transferable Visual Models From Natural Language Supervision",
        "https://arxiv.org/abs/2103.00020",
    ),
    "liu2022convnext": Source("Liu et al.", 2022, "A ConvNet for the 2020s", "https://arxiv.org/abs/2201.03545"),
    "logseq2023": Source(
        "Logseq",
        2023,
        "Spaced repetition: frontend/extensions/srs.cljs",
        "https://github.com/logseq/logseq/blob/master/src/main/frontend/extensions/srs.cljs",
    ),
    "peebles2023": Source(
        "Peebles, Xie", 2023, "Scalable Diffusion Models with Transformers", "https://arxiv.org/abs/2212.09748"
    ),
    "openai2024": Source(
        "OpenAI",
        2024,
        "Video Generation Models as World Simulators",
        "https://openai.com/index/video-generation-models-as-world-simulators/",
    ),
    "wang2020": Source(
        "Wang et al.", 2020, "MiniLM: Deep Self-Attention Distillation", "https://arxiv.org/abs/2002.10957"
    ),
    "reimers2019": Source("Reimers, Gurevych", 2019, "Sentence-BERT", "https://arxiv.org/abs/1908.10084"),
    "lee2019": Source("Lee et al.", 2019, "Set Transformer", "https://arxiv.org/abs/1810.00825"),
    "haviv2022": Source(
        "Haviv et al.",
        2022,
        "Transformer Language Models without Positional Encodings Still Learn Positional Information",
        "https://arxiv.org/abs/2203.16634",
    ),
    "su2021": Source(
        "Su et al.",
        2021,
        "RoFormer: Enhanced Transformer with Rotary Position Embedding",
        "https://arxiv.org/abs/2104.09864",
    ),
    "press2022": Source(
        "Press, Smith, Lewis",
        2022,
        "Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation",
        "https://arxiv.org/abs/2108.12409",
    ),
    "gemma2024": Source(
        "Gemma Team",
        2024,
        "Gemma 2: Improving Open Language Models at a Practical Size",
        "https://arxiv.org/abs/2408.00118",
    ),
    "raffel2020": Source(
        "Raffel et al.",
        2020,
        "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
        "https://arxiv.org/abs/1910.10683",
    ),
    "jain2019": Source("Jain, Wallace", 2019, "Attention is not Explanation", "https://arxiv.org/abs/1902.10186"),
    "wiegreffe2019": Source(
        "Wiegreffe, Pinter", 2019, "Attention is not not Explanation", "https://arxiv.org/abs/1908.04626"
    ),
    "michel2019": Source(
        "Michel, Levy, Neubig", 2019, "Are Sixteen Heads Really Better than One?", "https://arxiv.org/abs/1905.10650"
    ),
    "voita2019": Source(
        "Voita et al.", 2019, "Analyzing Multi-Head Self-Attention", "https://arxiv.org/abs/1905.09418"
    ),
    "micikevicius2018": Source(
        "Micikevicius et al.",
        2018,
        "Mixed Precision Training",
        "https://arxiv.org/abs/1710.03740",
    ),
    "shazeer2019": Source(
        "Shazeer", 2019, "Fast Transformer Decoding: One Write-Head is All You Need", "https://arxiv.org/abs/1911.02150"
    ),
    "ainslie2023": Source(
        "Ainslie et al.",
        2023,
        "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints",
        "https://arxiv.org/abs/2305.13245",
    ),
    "beltagy2020": Source(
        "Beltagy, Peters, Cohan", 2020, "Longformer: The Long-Document Transformer", "https://arxiv.org/abs/2004.05150"
    ),
    "abnar2020": Source(
        "Abnar, Zuidema", 2020, "Quantifying Attention Flow in Transformers", "https://arxiv.org/abs/2005.00928"
    ),
    "clark2019": Source("Clark et al.", 2019, "What Does BERT Look At?", "https://arxiv.org/abs/1906.04341"),
    "velickovic2024": Source(
        "Veličković et al.",
        2024,
        "softmax is not enough (for sharp out-of-distribution)",
        "https://arxiv.org/abs/2410.01104",
    ),
    "chen2020": Source(
        "Chen et al.", 2020, "Generative Pretraining from Pixels", "https://proceedings.mlr.press/v119/chen20s.html"
    ),
    "kobayashi2020": Source(
        "Kobayashi et al.",
        2020,
        "Attention is Not Only a Weight: Analyzing Transformers with Vector Norms",
        "https://arxiv.org/abs/2004.10102",
    ),
    "xiao2024": Source(
        "Xiao et al.",
        2024,
        "Efficient Streaming Language Models with Attention Sinks",
        "https://arxiv.org/abs/2309.17453",
    ),
    "sundararajan2017": Source(
        "Sundararajan, Taly, Yan", 2017, "Axiomatic Attribution for Deep Networks", "https://arxiv.org/abs/1703.01365"
    ),
    "katharopoulos2020": Source(
        "Katharopoulos, Vyas, Pappas, Fleuret",
        2020,
        "Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention",
        "https://arxiv.org/abs/2006.16236",
    ),
    "schlag2021": Source(
        "Schlag, Irie, Schmidhuber",
        2021,
        "Linear Transformers Are Secretly Fast Weight Programmers",
        "https://arxiv.org/abs/2102.11174",
    ),
    "fedus2022": Source(
        "Fedus, Zoph, Shazeer",
        2022,
        "Switch Transformers: Scaling to Trillion Parameter Models with Simple and Efficient Sparsity",
        "https://arxiv.org/abs/2101.03961",
    ),
    "zoph2022": Source(
        "Zoph et al.",
        2022,
        "ST-MoE: Designing Stable and Transferable Sparse Expert Models",
        "https://arxiv.org/abs/2202.08906",
    ),
    "cs231n2025": Source(
        "Stanford CS231n",
        2025,
        "Lecture 8: Attention and Transformers",
        "https://cs231n.stanford.edu/slides/2025/lecture_8.pdf",
    ),
    "dao2022": Source(
        "Dao et al.",
        2022,
        "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness",
        "https://arxiv.org/abs/2205.14135",
    ),
    "milakov2018": Source(
        "Milakov, Gimelshein", 2018, "Online normalizer calculation for softmax", "https://arxiv.org/abs/1805.02867"
    ),
    "deepseek2024": Source(
        "DeepSeek-AI",
        2024,
        "DeepSeek-V2: A Strong, Economical, and Efficient Mixture-of-Experts Language Model",
        "https://arxiv.org/abs/2405.04434",
    ),
    "brown2020": Source(
        "Brown et al.", 2020, "Language Models are Few-Shot Learners", "https://arxiv.org/abs/2005.14165"
    ),
    "grattafiori2024": Source(
        "Grattafiori et al.", 2024, "The Llama 3 Herd of Models", "https://arxiv.org/abs/2407.21783"
    ),
    "kaplan2020": Source(
        "Kaplan et al.", 2020, "Scaling Laws for Neural Language Models", "https://arxiv.org/abs/2001.08361"
    ),
    "hoffmann2022": Source(
        "Hoffmann et al.", 2022, "Training Compute-Optimal Large Language Models", "https://arxiv.org/abs/2203.15556"
    ),
    "yu2016": Source(
        "Yu, Koltun",
        2016,
        "Multi-Scale Context Aggregation by Dilated Convolutions",
        "https://arxiv.org/abs/1511.07122",
    ),
    "zhao2019": Source(
        "Zhao et al.",
        2019,
        "Explicit Sparse Transformer: Concentrated Attention Through Explicit Selection",
        "https://arxiv.org/abs/1912.11637",
    ),
}
