"""Loudness, pitch and onsets: known answers on tones and pulses, and agreement with librosa."""
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from chironomia.generators.audio import load_audio
from chironomia.generators.prosody import HOP_S, RATE_HZ, SILENCE_DB, onset_strength, prosody, yin

SPEECH = Path(__file__).parents[2] / "shared" / "data" / "speech"


def _times(seconds: float, rate: int = RATE_HZ) -> torch.Tensor:
    return torch.arange(int(seconds * rate)) / rate


def _voice(hertz: torch.Tensor | float, seconds: float = 2.0, rate: int = RATE_HZ) -> torch.Tensor:
    """Ten harmonics whose size falls as one over their number."""
    hertz = torch.as_tensor(hertz).expand(int(seconds * rate))
    phase = 2 * math.pi * hertz.double().cumsum(0) / rate
    return sum((0.2 / k * torch.sin(k * phase) for k in range(1, 11)), torch.zeros(1)).float()


@pytest.mark.parametrize("hertz", [80.0, 118.3, 220.0, 410.0])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_a_steady_voice_has_its_pitch_within_one_percent(hertz: float, rate: int) -> None:
    track = prosody(_voice(hertz, rate=rate), rate)
    inside = slice(10, -10)
    assert track.voiced[inside].all()
    assert (track.f0_hz[inside] / hertz - 1).abs().max() < 0.01


def test_a_gliding_voice_is_followed() -> None:
    hertz = torch.linspace(100, 200, 2 * RATE_HZ)
    track = prosody(_voice(hertz), RATE_HZ)
    frames = torch.arange(20, 180)
    truth = hertz[(frames * HOP_S * RATE_HZ).long()]
    assert (track.f0_hz[frames] / truth - 1).abs().max() < 0.02


def test_loudness_of_a_sine_is_its_rms() -> None:
    track = prosody(0.5 * torch.sin(2 * math.pi * 200 * _times(1)), RATE_HZ)
    assert track.energy_db[50] == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.1)


def test_silence_is_quiet_unvoiced_and_has_no_onsets() -> None:
    track = prosody(torch.zeros(RATE_HZ), RATE_HZ)
    assert (track.energy_db == SILENCE_DB).all()
    assert not track.voiced.any()
    assert (track.f0_hz == 0).all()
    assert (track.onset == 0).all()


def test_noise_is_loud_and_unvoiced() -> None:
    track = prosody(0.1 * torch.randn(2 * RATE_HZ, generator=torch.Generator().manual_seed(1)), RATE_HZ)
    assert track.energy_db[10:-10].min() > -25
    assert not track.voiced.any()


def test_clicks_are_onsets_at_their_times() -> None:
    sound = torch.zeros(3 * RATE_HZ)
    clicks = [0.5, 1.0, 1.73, 2.4]
    for at in clicks:
        sound[int(at * RATE_HZ)] = 0.8
    flux = onset_strength(sound)
    for at in clicks:
        around = flux[round(at / HOP_S) - 10 : round(at / HOP_S) + 11]
        assert abs(int(around.argmax()) - 10) * HOP_S <= 0.02
    assert (flux > 0.5 * flux.max()).sum() <= 2 * len(clicks)


def test_the_tracks_have_a_frame_every_hop_whatever_the_rate() -> None:
    for rate in (8_000, 11_025, 16_000, 48_000):
        track = prosody(torch.zeros(rate), rate)
        assert track.energy_db.shape == track.f0_hz.shape == track.voiced.shape == track.onset.shape == (101,)


def test_a_recording_longer_than_a_chunk_is_analysed_like_its_parts() -> None:
    short = _voice(150.0, 1.0)
    f0, _ = yin(short.repeat(62))
    assert (f0[10:-10] / 150 - 1).abs().median() < 1e-3


@pytest.mark.parametrize(("samples", "rate"), [(torch.zeros(0), 16_000), (torch.zeros(5, 2), 16_000), (torch.zeros(5), 0)])
def test_what_is_not_mono_sound_is_refused(samples: torch.Tensor, rate: int) -> None:
    with pytest.raises(ValueError, match="mono samples"):
        prosody(samples, rate)


def test_a_stereo_file_is_read_as_the_mean_of_its_channels(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.stack([np.full(100, 0.5), np.zeros(100)], 1), 22_050, subtype="FLOAT")
    samples, rate = load_audio(tmp_path / "a.wav")
    assert rate == 22_050
    assert torch.allclose(samples, torch.full((100,), 0.25))


def test_missing_unreadable_empty_and_broken_files_are_told_apart(tmp_path: Path) -> None:
    import soundfile

    with pytest.raises(ValueError, match="found none"):
        load_audio(tmp_path / "missing.wav")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(ValueError, match="cannot be read"):
        load_audio(tmp_path / "text.wav")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    with pytest.raises(ValueError, match="no samples"):
        load_audio(tmp_path / "empty.wav")
    soundfile.write(tmp_path / "nan.wav", np.full(10, np.nan), 16_000, subtype="FLOAT")
    with pytest.raises(ValueError, match="finite"):
        load_audio(tmp_path / "nan.wav")


@pytest.mark.shared
def test_real_speech_agrees_with_librosa() -> None:
    path = SPEECH / "sense_and_sensibility_01_austen_64kb-0870.wav"
    if not path.is_file():
        pytest.skip("the reference recordings are not here")
    librosa = pytest.importorskip("librosa")
    samples, rate = load_audio(path)
    track = prosody(samples, rate)
    frames = track.f0_hz.shape[0]
    theirs = librosa.yin(samples.numpy(), fmin=65, fmax=500, sr=rate, hop_length=160, frame_length=1024)[:frames]
    close = (track.f0_hz[track.voiced] / torch.from_numpy(theirs)[track.voiced] - 1).abs() < 0.03
    assert close.float().mean() > 0.9
    # librosa moves its envelope by one frame, to the middle of the second of the two spectra it compares.
    flux = librosa.onset.onset_strength(y=samples.numpy(), sr=rate, hop_length=160, n_fft=512, n_mels=40)[1:frames]
    assert np.corrcoef(flux, track.onset.numpy()[: len(flux)])[0, 1] > 0.98
    loudness = 20 * np.log10(np.maximum(librosa.feature.rms(y=samples.numpy(), frame_length=400, hop_length=160)[0][:frames], 1e-5))
    assert np.abs(loudness - track.energy_db.numpy()[: len(loudness)])[5:-5].max() < 1.0
