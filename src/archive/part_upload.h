// Puts one part among the objects: packed into a file without a name first, so that what is counted and hashed can
// stand in the object's metadata, then sent, then read back and compared. An object that is there already is never
// touched.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "archive/manifest.h"
#include "archive/part_writer.h"
#include "archive/tiers.h"
#include "base/time.h"

namespace gleaner::archive {

struct UploadOptions {
  PartOptions part;
  std::string scratch;  // an existing folder for what is packed and not yet sent; holds one object at a time
  // Called after each step: "packed", "uploaded", "verified". For tests, which die there.
  std::function<void(std::string_view step)> on_step;
};

class PartUpload {
 public:
  PartUpload(const Tiers& tiers, const Clock& clock, UploadOptions options)
      : tiers_(tiers), clock_(clock), options_(std::move(options)) {}

  struct Place {
    std::string project;
    std::string platform;
    Day day;
    int first_number = 1;  // numbers whose objects are there already are passed over
  };
  using Fill = std::function<Status(PartWriter&)>;
  // Nothing is sent of a part without records. Errors: those of `fill` and the stores; kDataLoss if the object does not
  // read back as it was written, and then it is removed again.
  Result<Manifest> write(const Place& place, const Fill& fill);
  // Beside the object.
  Status put_manifest(const Manifest& manifest);
  // An object of our own that nobody recorded. What cannot be removed now is named by verify.
  void take_back(const Manifest& manifest);

 private:
  Status upload(int fd, Manifest& written);
  Status send(int fd, const Manifest& written, object::ObjectWriter& writer);
  Status verify(const Manifest& written);
  void step(std::string_view name);

  const Tiers tiers_;
  const Clock& clock_;
  const UploadOptions options_;
};

}  // namespace gleaner::archive
