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


WITH_MORE = """
    Bonjour ! Photos de chiens dans un parc.|Bonjour, nous cherchons des photos de chiens. Merci.
    Photos de chiens. Merci !
    Photos de chiens. Format JPG.|Photos de chiens (couleur).|Photos de chiens - caniches, labradors, bergers
    Fotos von Hunden. Danke!|Hallo! Wir brauchen Fotos von Hunden im Park. Bitte keine Filter.
    Aufgabe: Fotos von Hunden im Park
    Titel: Hundefotos. Beschreibung: Fotos von Hunden|Hola, necesitamos fotos de perros. Gracias.
    Fotos de perros. Gracias.
    Necesitamos fotos de perros en el parque. Sin filtros.|Fotos de: perros; gatos; pájaros
    Foto di cani al parco. Grazie!
    Olá! Precisamos de fotos de cachorros. Obrigado.|Foto's van honden. Bedankt!|Zdjęcia psów. Dziękuję!
    Bilder på hundar. Tack!|Фотографии собак. Спасибо!|Фото собак. Full HD.|犬の写真。ありがとう|拍摄狗的照片。JPG格式
    Prenez une photo de votre chien. Pas de filtre. Format paysage. 4K.|Fotos de perros. Mínimo 1080 px.
    Fotos von Hunden, Full HD. No filters.|Foto anjing. Terima kasih.|Kuvia koirista. Kiitos!
"""
TERSE = """
    Coca-Cola cans|Piano music|Pasta dishes|Pizza margherita|Banana pancakes|Tuna salad|Santa hats|Puma logo|Shih Tzu
    Mercedes-Benz Vito van|Rialto Bridge|Mango, papaya, guava|Lamborghini cars|IKEA catalog pages|Starbucks latte photos
    Sushi, ramen, tempura|Tesla Model 3|BMW X5 interior|Dog pics|Tai chi|Karate kata|Latte art|Monstera deliciosa
    Maine Coon cats|Honda Civic 2015|cat pic pls|need cat pics asap|Parking signs, Berlin|Yoga poses|Water meters
    Selfies outdoors|Cooking videos|Hotel lobbies|PHOTOS OF RED CARS|Photos of tortilla española|Photos of crème brûlée
    Photos of jamón ibérico|Photos of Sagrada Família|Take a photo of pão de queijo|Photos of menu del día boards
    Photos of the sign "Défense de stationner sur les deux côtés de la rue"|Menus in French, e.g. "plat du jour"
    Street signs in German, e.g. "Einbahnstraße", "Vorfahrt gewähren", "Durchfahrt verboten"
    Tacos, burritos, enchiladas|Casa Milà, Barcelona|Machu Picchu
"""


def _listed(texts: str) -> list[str]:
    return [each for line in texts.strip().splitlines() for each in line.strip().split("|")]


@pytest.mark.parametrize(("texts", "missed_at_most"), [(FOREIGN, 10), (WITH_MORE, 2)])
def test_most_descriptions_in_other_languages_are_told(texts: str, missed_at_most: int) -> None:
    missed = [each for each in _listed(texts) if not request_of(each).is_foreign]
    assert len(missed) <= missed_at_most, missed


def test_hardly_any_terse_english_is_taken_for_another_language() -> None:
    missed = [each for each in _listed(TERSE) if request_of(each).is_foreign]
    assert len(missed) <= 8, missed


@pytest.mark.parametrize(
    ("wording", "share"),
    [
        ("Photos of a {}", 0.0),
        ("Take a clear photo of a {}.", 0.0),
        ("We need pictures of a {}, well lit and in focus", 0.0),
        ("{}s in a park", 0.0),
        ("{} photos", 0.01),
        ("My {}", 0.01),
        ("Two {}s", 0.02),
    ],
)
def test_hardly_any_english_is_taken_for_another_language(wording: str, share: float) -> None:
    missed = [name for name in NAMES if request_of(wording.format(name)).is_foreign]
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
        ("123", True),
    ],
)
def test_a_description_is_foreign_as_a_whole(description: str, is_foreign: bool) -> None:
    assert request_of(description).is_foreign == is_foreign
