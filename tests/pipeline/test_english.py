"""Which descriptions are in a language that the sentence encoder knows."""

import pytest

from models.imagenet import broader_terms, class_names
from pipeline.description import request_of
from pipeline.english import is_english

FOREIGN = """
    Fotos von Hunden|50 Fotos von Hunden im Park|Bitte fotografiere dein Fahrrad|Katzen auf einem Sofa|Rote Autos
    Bilder von Straßenschildern|Fotos von Autos|Speisekarten von Cafés|Ein Foto von einem Hund machen|Kassenbons
    Photos de chiens|Photos de chiens dans un parc|Prenez une photo de votre petit déjeuner|Menus de restaurant
    Photos de voitures rouges|Images de panneaux routiers|Photo d'un chat|Chats
    Fotografías de perros|Fotos de gatos en un sofá|Toma una foto de tu desayuno|Menús de restaurantes|Fotos de coches
    Recibos de supermercado|Imágenes de animales|Fotografie di cani|Foto di gatti su un divano|Menu di ristoranti
    Scatta una foto della tua colazione|Scontrini|Fotos de cachorros|Tire uma foto do seu café da manhã
    Cardápios de restaurantes|Fotos de carros|Foto's van honden|Maak een foto van je ontbijt|Foto's van katten
    Menukaarten van restaurants|Zdjęcia psów|Zrób zdjęcie swojego śniadania|Zdjęcia kotów na kanapie
    Bilder på hundar|Bilder av katter|Billeder af hunde|Kuvia koirista|Köpek fotoğrafları|Kahvaltının fotoğrafını çek
    Fotografie psů|Kutyák fotói|Poze cu câini|Foto anjing|Ảnh chụp chó|Slike pasa|Фотографии собак|Фото котов
    Фотографії собак|犬の写真|猫の写真を撮ってください|狗的照片|개 사진|صور كلاب|कुत्तों की तस्वीरें|ภาพถ่ายสุนัข
    Φωτογραφίες σκύλων|תמונות של כלבים
"""
NAMES = (*class_names(), *broader_terms())


def test_most_descriptions_in_other_languages_are_told() -> None:
    foreign = [each for line in FOREIGN.strip().splitlines() for each in line.strip().split("|")]
    missed = [each for each in foreign if is_english(each)]
    assert (len(missed), len(foreign)) == (6, 65), missed


@pytest.mark.parametrize(
    ("wording", "share"),
    [
        ("Photos of a {}", 0.0),
        ("Take a clear photo of a {}.", 0.0),
        ("We need pictures of a {}, well lit and in focus", 0.0),
        ("{}s in a park", 0.0),
        ("My {}", 0.02),
        ("Two {}s", 0.1),
    ],
)
def test_hardly_any_english_is_taken_for_another_language(wording: str, share: float) -> None:
    missed = [name for name in NAMES if not is_english(wording.format(name))]
    assert len(missed) <= share * len(NAMES), missed


@pytest.mark.parametrize("word", ["dog", "Chats", "pizza", "café"])
def test_a_word_by_itself_may_be_english(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize(
    ("description", "is_foreign"),
    [
        ("Fotos von Hunden.", True),
        ("Fotos von Hunden. Photos of dogs.", False),
        ("Fotos von Hunden im Park. Bitte kein Hochformat.", True),
        ("犬の写真", True),
        ("Photos of sushi and ramen", False),
    ],
)
def test_a_description_is_foreign_where_no_sentence_is_english(description: str, is_foreign: bool) -> None:
    assert request_of(description).is_foreign == is_foreign
