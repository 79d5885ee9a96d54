#include "archive/archiver.h"
