#include "tests/tpch/text.h"

#include "tests/tpch/words.h"

namespace shale::tpch {
namespace {

constexpr size_t kPoolBytes = 8 << 20;

class Writer {
 public:
  Writer(Random* random, std::string* out) : random_(random), out_(out) {}

  // NP VP T, NP VP PP T, NP VP NP T, NP PP VP NP T, NP PP VP PP T.
  void Sentence() {
    const uint64_t form = random_->Uniform(5);
    NounPhrase();
    if (form >= 3) PrepositionalPhrase();
    VerbPhrase();
    if (form == 1 || form == 4) PrepositionalPhrase();
    if (form == 2 || form == 3) NounPhrase();
    out_->back() = Pick(Terminators(), *random_)[0];
    out_->push_back(' ');
  }

 private:
  void Put(std::string_view word) {
    out_->append(word);
    out_->push_back(' ');
  }
  void Put(Words words) { Put(Pick(words, *random_)); }

  // N, J N, J, J N, D J N.
  void NounPhrase() {
    switch (random_->Uniform(4)) {
      case 0:
        break;
      case 1:
        Put(Adjectives());
        break;
      case 2:
        Put(Adjectives());
        out_->back() = ',';
        out_->push_back(' ');
        Put(Adjectives());
        break;
      default:
        Put(Adverbs());
        Put(Adjectives());
    }
    Put(Nouns());
  }

  // V, X V, V D, X V D.
  void VerbPhrase() {
    const uint64_t form = random_->Uniform(4);
    if (form == 1 || form == 3) Put(Auxiliaries());
    Put(Verbs());
    if (form >= 2) Put(Adverbs());
  }

  void PrepositionalPhrase() {
    Put(Prepositions());
    Put("the");
    NounPhrase();
  }

  Random* const random_;
  std::string* const out_;
};

}  // namespace

TextPool::TextPool(uint64_t seed) {
  Random random(seed);
  text_.reserve(kPoolBytes + 1024);
  Writer writer(&random, &text_);
  while (text_.size() < kPoolBytes) writer.Sentence();
}

std::string_view TextPool::Piece(size_t length_min, size_t length_max, Random& random) const {
  const size_t length = length_min + random.Uniform(length_max - length_min + 1);
  return std::string_view(text_).substr(random.Uniform(text_.size() - length), length);
}

}  // namespace shale::tpch
