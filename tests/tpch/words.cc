#include "tests/tpch/words.h"

namespace shale::tpch {
namespace {

constexpr std::string_view kColors[] = {
    "almond",   "antique",   "aquamarine", "azure",      "beige",     "bisque",    "black",
    "blanched", "blue",      "blush",      "brown",      "burlywood", "burnished", "chartreuse",
    "chiffon",  "chocolate", "coral",      "cornflower", "cornsilk",  "cream",     "cyan",
    "dark",     "deep",      "dim",        "dodger",     "drab",      "firebrick", "floral",
    "forest",   "frosted",   "gainsboro",  "ghost",      "goldenrod", "green",     "grey",
    "honeydew", "hot",       "indian",     "ivory",      "khaki",     "lace",      "lavender",
    "lawn",     "lemon",     "light",      "lime",       "linen",     "magenta",   "maroon",
    "medium",   "metallic",  "midnight",   "mint",       "misty",     "moccasin",  "navajo",
    "navy",     "olive",     "orange",     "orchid",     "pale",      "papaya",    "peach",
    "peru",     "pink",      "plum",       "powder",     "puff",      "purple",    "red",
    "rose",     "rosy",      "royal",      "saddle",     "salmon",    "sandy",     "seashell",
    "sienna",   "sky",       "slate",      "smoke",      "snow",      "spring",    "steel",
    "tan",      "thistle",   "tomato",     "turquoise",  "violet",    "wheat",     "white",
    "yellow"};
constexpr std::string_view kTypeSizes[] = {"STANDARD", "SMALL",   "MEDIUM",
                                           "LARGE",    "ECONOMY", "PROMO"};
constexpr std::string_view kTypeFinishes[] = {"ANODIZED", "BURNISHED", "PLATED", "POLISHED",
                                              "BRUSHED"};
constexpr std::string_view kTypeMetals[] = {"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"};
constexpr std::string_view kContainerSizes[] = {"SM", "LG", "MED", "JUMBO", "WRAP"};
constexpr std::string_view kContainerKinds[] = {"CASE", "BOX",  "BAG", "JAR",
                                                "PKG",  "PACK", "CAN", "DRUM"};
constexpr std::string_view kSegments[] = {"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY",
                                          "HOUSEHOLD"};
constexpr std::string_view kPriorities[] = {"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED",
                                            "5-LOW"};
constexpr std::string_view kInstructions[] = {"DELIVER IN PERSON", "COLLECT COD", "NONE",
                                              "TAKE BACK RETURN"};
constexpr std::string_view kModes[] = {"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"};
constexpr std::string_view kNouns[] = {
    "foxes",    "ideas",     "theodolites", "pinto beans", "instructions",   "dependencies",
    "excuses",  "platelets", "asymptotes",  "courts",      "dolphins",       "multipliers",
    "warthogs", "frets",     "dinos",       "attainments", "somas",          "patterns",
    "forges",   "braids",    "frays",       "warhorses",   "hockey players", "dugouts",
    "notornis", "epitaphs",  "pearls",      "tithes",      "waters",         "orbits",
    "gifts",    "sheaves",   "depths",      "sentiments",  "decoys",         "realms",
    "pains",    "grouches",  "escapades",   "packages",    "requests",       "accounts",
    "deposits", "sauternes"};
constexpr std::string_view kVerbs[] = {
    "sleep",  "wake",   "are",   "cajole",    "haggle",   "nag",  "use",    "boost",
    "affix",  "detect", "nod",   "integrate", "maintain", "was",  "lose",   "sublate",
    "solve",  "thrash", "print", "promise",   "engage",   "grow", "hinder", "x-ray",
    "breach", "eat",    "mold",  "impress",   "poach",    "run",  "serve",  "dazzle",
    "snooze", "doze",   "hang",  "unwind",    "kindle",   "play", "doubt",  "believe"};
constexpr std::string_view kAdjectives[] = {
    "furious", "sly",     "careful",  "blithe",    "quick",  "fluffy", "slow", "quiet",
    "thin",    "close",   "ruthless", "dogged",    "daring", "brave",  "idle", "stealthy",
    "busy",    "regular", "enticing", "permanent", "final",  "ironic", "even", "bold",
    "silent",  "special", "pending",  "unusual",   "express"};
constexpr std::string_view kAdverbs[] = {
    "sometimes",   "always",    "never",   "furiously",  "slyly",      "carefully", "blithely",
    "quickly",     "fluffily",  "slowly",  "quietly",    "ruthlessly", "thinly",    "closely",
    "doggedly",    "daringly",  "bravely", "stealthily", "idly",       "busily",    "enticingly",
    "permanently", "regularly", "finally", "ironically", "evenly",     "boldly",    "silently"};
constexpr std::string_view kPrepositions[] = {
    "about",   "above",        "across",      "after",      "against",     "along",   "among",
    "around",  "at",           "atop",        "before",     "behind",      "beneath", "beside",
    "besides", "between",      "beyond",      "by",         "despite",     "during",  "except",
    "for",     "from",         "inside",      "into",       "near",        "of",      "on",
    "outside", "over",         "past",        "since",      "through",     "to",      "toward",
    "under",   "until",        "throughout",  "up",         "upon",        "without", "with",
    "within",  "according to", "in place of", "instead of", "alongside of"};
constexpr std::string_view kAuxiliaries[] = {
    "do",      "may",    "might",         "shall",         "will",           "would",
    "can",     "could",  "should",        "ought to",      "must",           "will have to",
    "need to", "try to", "shall have to", "could have to", "should have to", "must have to"};
constexpr std::string_view kTerminators[] = {".", ";", ":", "?", "!", "--"};
constexpr std::string_view kRegions[] = {"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"};
constexpr Nation kNations[] = {
    {"ALGERIA", 0},      {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1},
    {"EGYPT", 4},        {"ETHIOPIA", 0},  {"FRANCE", 3}, {"GERMANY", 3},
    {"INDIA", 2},        {"INDONESIA", 2}, {"IRAN", 4},   {"IRAQ", 4},
    {"JAPAN", 2},        {"JORDAN", 4},    {"KENYA", 0},  {"MOROCCO", 0},
    {"MOZAMBIQUE", 0},   {"PERU", 1},      {"CHINA", 2},  {"ROMANIA", 3},
    {"SAUDI ARABIA", 4}, {"VIETNAM", 2},   {"RUSSIA", 3}, {"UNITED KINGDOM", 3},
    {"UNITED STATES", 1}};

}  // namespace

Words Colors() { return kColors; }
Words TypeSizes() { return kTypeSizes; }
Words TypeFinishes() { return kTypeFinishes; }
Words TypeMetals() { return kTypeMetals; }
Words ContainerSizes() { return kContainerSizes; }
Words ContainerKinds() { return kContainerKinds; }
Words Segments() { return kSegments; }
Words Priorities() { return kPriorities; }
Words Instructions() { return kInstructions; }
Words Modes() { return kModes; }
Words Nouns() { return kNouns; }
Words Verbs() { return kVerbs; }
Words Adjectives() { return kAdjectives; }
Words Adverbs() { return kAdverbs; }
Words Prepositions() { return kPrepositions; }
Words Auxiliaries() { return kAuxiliaries; }
Words Terminators() { return kTerminators; }
Words Regions() { return kRegions; }
std::span<const Nation> Nations() { return kNations; }

}  // namespace shale::tpch
