"""A tiny language model of random weights, made from nothing: the real protocol and the real constraint, without real words.

``python tests/tiny_model.py FOLDER`` writes a Qwen2 of two layers with a byte-level tokenizer whose merges are learnt from our own
prompts, and a chat template. Nothing is downloaded; equal versions of the libraries give an equal model.
"""
import sys
from pathlib import Path

PROMPTS = Path(__file__).parents[1] / "prompts"
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIALS = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
VOCABULARY = 512  # the 256 bytes, the specials, and merges enough that a prompt takes a third of its bytes
CONTEXT = 32768  # what the model would take; a server sets its own limit below it


def write_tiny_model(folder: Path) -> Path:
    """Write the model, its tokenizer and its chat template into a folder, and return the folder."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    words = ByteLevelBPETokenizer()
    texts = [p.read_text(encoding="utf-8") for p in sorted(PROMPTS.glob("*.md"))]
    words.train_from_iterator(texts, vocab_size=VOCABULARY, special_tokens=SPECIALS, show_progress=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words._tokenizer, eos_token=SPECIALS[0], pad_token=SPECIALS[0])
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    shape = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        max_position_embeddings=CONTEXT, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Qwen2ForCausalLM(shape).save_pretrained(folder)
    return folder


if __name__ == "__main__":
    print(write_tiny_model(Path(sys.argv[1])))
