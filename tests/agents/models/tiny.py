"""Tiny models with random weights, made on the fly and saved, so that tests load them as users load real ones."""

from __future__ import annotations

import json
from pathlib import Path

LLAMA_TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
VLM_TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n"
    "{% for part in m['content'] %}{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "<|end|>{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
_SPECIAL = ["<|pad|>", "<|start|>", "<|end|>", "<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
_CORPUS = [
    "The resident sits on the sofa and sighs.",
    '<get_mug_of_water_puton_bedroomtable>, <switchon_radio>, <dialogue>:"I brought you some water."',
    "You look tired today. Would you like me to turn off the lights?",
]


def tokenizer(template: str | None = LLAMA_TEMPLATE, vocabulary: int = 400):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        _CORPUS * 3, trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=_SPECIAL, initial_alphabet=alphabet)
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|end|>", pad_token="<|pad|>")
    if template is not None:
        fast.chat_template = template
    return fast


def sentencepiece_tokenizer():
    """Built like those of Llama 2, LLaVA 1.5 and Mistral: blanks as letters, bytes as a fallback, no padding token."""
    from tokenizers import Tokenizer, decoders, models, normalizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    bpe.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=[*special, *(f"<0x{byte:02X}>" for byte in range(256))])
    bpe.train_from_iterator(_CORPUS * 3, trainer)
    content = json.loads(bpe.to_str())
    content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] in special]
    fast = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(content)), eos_token="</s>", bos_token="<s>", unk_token="<unk>"
    )
    fast.chat_template = "<s>{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }} {% endfor %}"
    return fast


def _text_config(vocabulary: int) -> dict:
    return {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        # The usual 0.02 makes all logits alike, and a random model repeat one token; wider weights make it babble.
        "initializer_range": 0.5,
    }


def save_llama(folder: Path, template: str | None = LLAMA_TEMPLATE, seed: int = 0) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    fast = tokenizer(template)
    config = LlamaConfig(**_text_config(len(fast)), eos_token_id=fast.eos_token_id, pad_token_id=fast.pad_token_id)
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def save_sentencepiece_llama(folder: Path, seed: int = 0) -> Path:
    """Its vocabulary has more logits than the tokenizer has tokens, as in many published models."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    fast = sentencepiece_tokenizer()
    LlamaForCausalLM(LlamaConfig(**_text_config(len(fast) + 37), eos_token_id=fast.eos_token_id)).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def save_lora(folder: Path, base: Path, seed: int = 1) -> Path:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    network = AutoModelForCausalLM.from_pretrained(base)
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(network, config).save_pretrained(folder)
    return folder


def save_llava(folder: Path, seed: int = 0) -> Path:
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    torch.manual_seed(seed)
    fast = tokenizer(None)
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8,
        initializer_range=0.5,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=vision,
        text_config=LlamaConfig(**_text_config(len(fast))),
        image_token_index=fast.convert_tokens_to_ids("<image>"),
        image_seq_length=16,
    )
    network = LlavaForConditionalGeneration(config)
    network.generation_config.eos_token_id = fast.eos_token_id
    network.save_pretrained(folder)
    images = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    processor = LlavaProcessor(
        image_processor=images,
        tokenizer=fast,
        patch_size=8,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
        chat_template=VLM_TEMPLATE,
    )
    processor.save_pretrained(folder)
    return folder


def save_idefics3(folder: Path, seed: int = 0) -> Path:
    """The family of SmolVLM."""
    import torch
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
        LlamaConfig,
    )

    torch.manual_seed(seed)
    fast = tokenizer(None)
    config = Idefics3Config(
        vision_config={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
            "patch_size": 8,
        },
        text_config=LlamaConfig(**_text_config(len(fast))),
        image_token_id=fast.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        pad_token_id=fast.pad_token_id,
    )  # fmt: skip
    network = Idefics3ForConditionalGeneration(config)
    network.generation_config.eos_token_id = fast.eos_token_id
    network.save_pretrained(folder)
    images = Idefics3ImageProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    Idefics3Processor(images, fast, image_seq_len=4, chat_template=VLM_TEMPLATE).save_pretrained(folder)
    return folder
