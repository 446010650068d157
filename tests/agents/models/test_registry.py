from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from agents.models import ErrorKind, Message, ModelError, make_model, model_names, public_options
from agents.models.cache import CachedModel
from agents.models.dry_run import DryRun
from agents.models.registry import model_class

pytest.importorskip("diskcache", reason="the response cache needs diskcache: pip install 'empathy-gym[models]'")

CONFIGS = sorted((Path(__file__).parents[3] / "conf" / "model").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_makes_its_model_without_loading_or_calling(path, tmp_path):
    options = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    assert set(options) == {"name", "cache", "dry_run", "config"}
    model = make_model(options["name"], cache=tmp_path, dry_run=options["dry_run"], **options["config"])
    assert model.name == options["config"]["model"]
    model.close()


def test_there_is_a_config_for_each_kind():
    assert {path.stem for path in CONFIGS} >= {"openai", "vllm", "ollama", "llama3_8b_instruct", "llava", "qwen_vl", "smolvlm"}
    assert {OmegaConf.load(path).name for path in CONFIGS} >= set(model_names())


def test_addresses_can_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("EMPATHY_GYM_VLLM_URL", "http://127.0.0.1:9/v1")
    path = next(path for path in CONFIGS if path.stem == "vllm")
    assert OmegaConf.load(path).config.base_url == "http://127.0.0.1:9/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8/v1")
    assert make_model("openai_compatible", model="m").identity["base_url"] == "http://127.0.0.1:8/v1"


def test_unknown_names_and_options_are_one_helpful_line():
    with pytest.raises(ModelError, match="did you mean 'transformers_text'"):
        make_model("transformer_text", model="x")
    with pytest.raises(ModelError, match="unexpected keyword argument 'temprature'.*it takes model, base_url"):
        make_model("openai_compatible", model="x", temprature=1)
    with pytest.raises(ModelError, match="expected a subclass"):
        make_model("agents.base:Agent")
    with pytest.raises(ModelError, match="cannot import"):
        make_model("no_such_module:Model")
    with pytest.raises(ModelError, match="quantization: expected none, 4bit or 8bit"):
        make_model("transformers_text", model="x", quantization="3bit")
    with pytest.raises(ModelError, match="prompt_usd_per_million: expected a number from 0") as caught:
        make_model("openai_compatible", model="x", prices={"prompt_usd_per_million": -1})
    assert caught.value.kind is ErrorKind.BAD_CONFIG


def test_wrappers_go_around_the_model(tmp_path):
    model = make_model("openai_compatible", model="x", dry_run=True, cache=tmp_path)
    assert isinstance(model, CachedModel) and isinstance(model._model, DryRun)
    completion = model.complete([Message.user("x")])
    assert completion.finish == "dry_run"
    assert not model.complete([Message.user("x")]).cached  # an empty shell is not an answer to keep
    assert model.usage.calls == 2
    model.close()


def test_models_can_be_any_class():
    assert model_class("agents.models.openai_compatible:OpenAICompatible") is model_class("openai_compatible")


def test_secrets_are_starred_out_of_what_is_written_down():
    options = {
        "api_key": "sk-1",
        "api_key_env": "MY_KEY",
        "max_tokens": 3,
        "nested": {"token": "t", "model": "m"},
        "password": None,
    }
    assert public_options(options) == {
        "api_key": "***", "api_key_env": "MY_KEY", "max_tokens": 3, "nested": {"token": "***", "model": "m"}, "password": None,
    }  # fmt: skip


def test_importing_is_light():
    code = (
        "import sys, agents.models, agents.models.openai_compatible, agents.models.cache, agents.models.transformers_vlm\n"
        "print(sorted({'torch', 'transformers', 'openai', 'diskcache', 'llguidance', 'jsonschema'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[3]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
