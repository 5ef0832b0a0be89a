// The word lists of TPC-H (specification, clause 4.2.2.13 and 4.2.3), and picking from them.
#pragma once

#include <span>
#include <string_view>

#include "engine/base/random.h"

namespace shale::tpch {

using Words = std::span<const std::string_view>;

Words Colors();  // P_NAME
Words TypeSizes();
Words TypeFinishes();
Words TypeMetals();
Words ContainerSizes();
Words ContainerKinds();
Words Segments();
Words Priorities();
Words Instructions();
Words Modes();
Words Nouns();
Words Verbs();
Words Adjectives();
Words Adverbs();
Words Prepositions();
Words Auxiliaries();
Words Terminators();
Words Regions();

struct Nation {
  std::string_view name;
  int region;
};
std::span<const Nation> Nations();

inline std::string_view Pick(Words words, Random& random) {
  return words[random.Uniform(words.size())];
}

}  // namespace shale::tpch
