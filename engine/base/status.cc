#include "engine/base/status.h"

namespace shale {

Status::Status(SqlState sqlstate, std::string message) : fields_(std::make_unique<ErrorFields>()) {
  fields_->sqlstate = sqlstate;
  fields_->message = std::move(message);
}

Status::Status(ErrorFields fields) : fields_(std::make_unique<ErrorFields>(std::move(fields))) {}

Status::Status(const Status& other)
    : fields_(other.fields_ ? std::make_unique<ErrorFields>(*other.fields_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) {
    fields_ = other.fields_ ? std::make_unique<ErrorFields>(*other.fields_) : nullptr;
  }
  return *this;
}

Status&& Status::Detail(std::string text) && {
  if (fields_) fields_->detail = std::move(text);
  return std::move(*this);
}

Status&& Status::Hint(std::string text) && {
  if (fields_) fields_->hint = std::move(text);
  return std::move(*this);
}

Status&& Status::Position(int position) && {
  if (fields_ && fields_->position == 0) fields_->position = position;
  return std::move(*this);
}

Status&& Status::Context(std::string text) && {
  if (fields_) {
    if (!fields_->context.empty()) fields_->context += '\n';
    fields_->context += text;
  }
  return std::move(*this);
}

Status&& Status::Table(std::string schema, std::string table) && {
  if (fields_) {
    fields_->schema = std::move(schema);
    fields_->table = std::move(table);
  }
  return std::move(*this);
}

Status&& Status::Column(std::string column) && {
  if (fields_) fields_->column = std::move(column);
  return std::move(*this);
}

Status&& Status::DataType(std::string data_type) && {
  if (fields_) fields_->data_type = std::move(data_type);
  return std::move(*this);
}

Status&& Status::Constraint(std::string constraint) && {
  if (fields_) fields_->constraint = std::move(constraint);
  return std::move(*this);
}

Status&& Status::Routine(std::string routine) && {
  if (fields_) fields_->routine = std::move(routine);
  return std::move(*this);
}

std::string Status::ToString() const {
  if (!fields_) return "ok";
  std::string text = fmt::format("{}: {}", fields_->sqlstate.code, fields_->message);
  if (!fields_->detail.empty()) text += fmt::format(" (detail: {})", fields_->detail);
  return text;
}

Status NotSupported(std::string_view feature) {
  return Error(sqlstate::kFeatureNotSupported, "{} is not supported", feature);
}

}  // namespace shale
